import { expect, test } from '@jest/globals';
import { keptTime, timeBound } from './scalars.ts';

test.each([
  ['in UTC', '2026-03-28T08:12:44.5Z', '2026-03-28T08:12:44.500Z'],
  ['with an offset', '2026-03-28T10:12:44+02:00', '2026-03-28T08:12:44.000Z'],
  ['with an offset that no zone has', '2026-03-28T08:12:44+23:59', '2026-03-27T08:13:44.000Z'],
  ['with an offset without a colon', '2026-03-28T10:12:44.5+0200', '2026-03-28T08:12:44.500Z'],
  ['with an offset of hours alone', '2026-03-28T10:12-02', '2026-03-28T12:12:00.000Z'],
  ['without seconds', '2026-03-28T10:12+02:00', '2026-03-28T08:12:00.000Z'],
  ['in the year 0', '0000-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ['in a year that is 10000 in UTC', '9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59.999Z'],
])('a bound %s is what a database can compare with', (_, given, expected) => {
  expect(timeBound.parse(given)).toBe(expected);
});

test.each(['2026-03-28T08:12:44', '2026-03-28T08:12', '2026-03-28T25:12Z', '2026-03-28T08:12:44+1', '2026-03-28T08:12:44+010', '2026-03-28T08:12:44+2400', '2026-03-28T08:12:44+', '2026-02-30T00:00Z', '2026-02-30T00:00:00Z', 'tomorrow', '', 12, null])('%j is no bound', (given) => {
  expect(timeBound.safeParse(given).success).toBe(false);
});

test.each([
  ['2026-03-28T10:12:44+02:00', '2026-03-28T08:12:44Z'],
  ['2026-03-28T08:12Z', '2026-03-28T08:12:00Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ['0000-12-31T23:59:59Z', null],
  ['0001-01-01T00:00:00+01:00', null],
  ['9999-12-31T23:59:59-01:00', null],
  ['tomorrow', null],
])('a time to keep: %s', (given, expected) => {
  expect(keptTime.safeParse(given).data ?? null).toBe(expected);
});
