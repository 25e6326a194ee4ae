import { expect, test } from '@jest/globals';
import { prettyJson, toDuration, toPercent, toRelative, toRemaining } from './format.ts';

test.each([[0, '0 ms'], [999, '999 ms'], [1_234, '1.23 s'], [12_340, '12.3 s']])('%i ms read as %s', (ms, text) => {
  expect(toDuration(ms)).toBe(text);
});

test.each([
  { description: 'all', part: 12, whole: 12, text: '100 %' },
  { description: 'all but one of very many', part: 99_999, whole: 100_000, text: '99.9 %' },
  { description: 'most', part: 199, whole: 200, text: '99.5 %' },
  { description: 'some', part: 1, whole: 3, text: '33 %' },
  { description: 'few', part: 1, whole: 30, text: '3.3 %' },
  { description: 'none', part: 0, whole: 30, text: '0 %' },
])('$description: $text', ({ part, whole, text }) => {
  expect(toPercent(part, whole)).toBe(text);
});

test.each([[-5, '00:00:00'], [61_000, '00:01:01'], [86_400_000, '1 d 00:00:00'], [604_799_001, '7 d 00:00:00'], [604_799_000, '6 d 23:59:59']])('%i ms remain as %s', (ms, text) => {
  expect(toRemaining(ms)).toBe(text);
});

test('times are told from now in the largest unit that fits', () => {
  const now = Date.parse('2026-03-28T08:00:00Z');
  expect(['2026-03-28T07:59:30Z', '2026-03-28T07:00:00Z', '2026-03-30T08:00:00Z'].map((iso) => toRelative(iso, now))).toEqual(['30 sec. ago', '1 hr. ago', 'in 2 days']);
});

test('what is no JSON is shown as it is', () => {
  expect(prettyJson('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(prettyJson('<html>')).toBe('<html>');
});
