import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expiredPartition, holds, partitionFor, partitionsAhead, PERIODS, type Partition } from './partition.ts';
import { placeEvents } from './placement.ts';
import { firstPositionAt, timeOf } from './position.ts';

const at = (time: string) => firstPositionAt(Date.parse(time));
const part = (name: string, from: string, to: string): Partition => ({ name, from: from === '' ? 0 : at(from), to: at(to) });
const before = part('events_before', '', '2026-11-28T20:50:00Z');
const shown = ({ name, from, to }: Partition) => `${name}: ${from === 0 ? '' : timeOf(from).toISOString()} ${timeOf(to).toISOString()}`;

test.each([
  ['month', '2026-12-15T10:00:00Z', [], 'events_20261201: 2026-12-01T00:00:00.000Z 2027-01-01T00:00:00.000Z'],
  ['week', '2027-01-02T10:00:00Z', [], 'events_20261228: 2026-12-28T00:00:00.000Z 2027-01-04T00:00:00.000Z'],
  ['week', '2027-01-04T00:00:00Z', [], 'events_20270104: 2027-01-04T00:00:00.000Z 2027-01-11T00:00:00.000Z'],
  ['day', '2026-12-31T23:59:59.999Z', [], 'events_20261231: 2026-12-31T00:00:00.000Z 2027-01-01T00:00:00.000Z'],
  ['month, behind what the table was before', '2026-11-30T10:00:00Z', [before], 'events_20261128_205000: 2026-11-28T20:50:00.000Z 2026-12-01T00:00:00.000Z'],
  ['month, after days', '2026-12-15T10:00:00Z', [before, part('events_20261214', '2026-12-14T00:00:00Z', '2026-12-15T00:00:00Z')], 'events_20261215: 2026-12-15T00:00:00.000Z 2027-01-01T00:00:00.000Z'],
  ['month, before one that is there', '2026-12-15T10:00:00Z', [part('events_20261220', '2026-12-20T00:00:00Z', '2027-01-01T00:00:00Z')], 'events_20261201: 2026-12-01T00:00:00.000Z 2026-12-20T00:00:00.000Z'],
  ['month, after the service was away', '2027-06-15T10:00:00Z', [before], 'events_20270601: 2027-06-01T00:00:00.000Z 2027-07-01T00:00:00.000Z'],
])('%s: the partition for %s is its period, as far as that is free', (title, time, partitions, expected) => {
  const period = PERIODS.find((name) => title.startsWith(name))!;
  expect(shown(partitionFor(at(time), partitions, period))).toBe(expected);
});

test.each([
  ['nothing is made while all days are covered', '2026-12-10T00:00:00Z', 'month', []],
  ['the next month two days before it begins', '2026-12-30T00:00:00Z', 'month', ['events_20270101']],
  ['days one by one', '2026-12-31T12:00:00Z', 'day', ['events_20270101', 'events_20270102']],
  ['nothing twice', '2027-02-27T00:00:00Z', 'month', ['events_20270201', 'events_20270301']],
] as const)('ahead: %s', (_, now, period, names) => {
  const december = part('events_20261201', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z');
  expect(partitionsAhead(Date.parse(now), [december], period).map(({ name }) => name)).toEqual(names);
});

test('a partition is past its time once all that it can hold is, the oldest first', () => {
  const [october, november] = [part('events_20261001', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'), part('events_20261101', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z')];
  const expired = (now: string) => expiredPartition(Date.parse(now), [november, october], 31)?.name;
  expect(expired('2026-12-01T23:59:59.999Z')).toBeUndefined();
  expect(expired('2026-12-02T00:00:00Z')).toBe('events_20261001');
  expect(expiredPartition(Date.parse('2027-01-01T00:00:00Z'), [november], 31)?.name).toBe('events_20261101');
});

test('a batch goes behind what is there, into one partition, which is made when there is none', () => {
  const nowMs = Date.parse('2026-11-30T23:59:59.999Z');
  const place = (next: number, count: number, partitions: Partition[]) => placeEvents({ next, nowMs, partitions }, count, 'month');
  const end = before.to;
  expect(place(5, 1_000, [before])).toEqual({ first: firstPositionAt(nowMs), partition: { ...part('events_20261128_205000', '2026-11-28T20:50:00Z', '2026-12-01T00:00:00Z') }, isNew: true, lookFrom: 0, lookBefore: new Date('2026-11-28T21:50:00Z') });
  expect(place(end + 7, 1, [before])).toMatchObject({ first: firstPositionAt(nowMs) });
  // More than the month's last millisecond has room for.
  expect(place(5, 2_049, [before])).toMatchObject({ first: at('2026-12-01T00:00:00Z'), partition: { name: 'events_20261201' }, isNew: true });
  // A clock that was set back.
  const ahead = part('events_20270101', '2027-01-01T00:00:00Z', '2027-02-01T00:00:00Z');
  expect(place(ahead.from + 12, 3, [before, ahead])).toMatchObject({ first: ahead.from + 12, partition: ahead, isNew: false });
});

test('an event that comes again is looked for in every partition that holds something of the last 45 days', () => {
  const months = [part('a', '2026-09-01T00:00:00Z', '2026-10-01T00:00:00Z'), part('b', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'), part('c', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z')];
  const lookFrom = (now: string, partitions: Partition[]) => placeEvents({ next: 1, nowMs: Date.parse(now), partitions }, 1, 'month').lookFrom;
  expect(lookFrom('2026-11-14T23:59:00Z', months)).toBe(at('2026-09-01T00:00:00Z'));
  expect(lookFrom('2026-11-15T00:00:00Z', months)).toBe(at('2026-10-01T00:00:00Z'));
  expect(lookFrom('2027-02-01T00:00:00Z', months)).toBe(at('2027-02-01T00:00:00Z'));
  // All of what the table was before: its positions are no times.
  expect(lookFrom('2026-12-20T00:00:00Z', [before])).toBe(0);
});

test('whatever is set when, partitions never overlap, and every position has one', () => {
  const step = fc.record({ time: fc.date({ min: new Date('2026-11-28T20:50:00Z'), max: new Date('2028-12-31T00:00:00Z'), noInvalidDate: true }), period: fc.constantFrom(...PERIODS) });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const made = [before];
    for (const { time, period } of steps) made.push(...partitionsAhead(time.getTime(), made, period));
    for (const { time } of steps) expect(made.filter((partition) => holds(partition, firstPositionAt(time.getTime())))).toHaveLength(1);
    const ordered = made.toSorted((one, other) => one.from - other.from);
    expect(ordered.every(({ to }, index) => to <= (ordered[index + 1]?.from ?? Infinity))).toBe(true);
    expect(new Set(made.map(({ name }) => name)).size).toBe(made.length);
  }));
});
