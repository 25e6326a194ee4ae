import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, emptyHistogram, percentileOf } from './duration-histogram.ts';

const TIMEOUT_MS = 5_000;

function histogramOf(durations: readonly number[]): number[] {
  const counts = emptyHistogram();
  for (const duration of durations) counts[bucketOf(duration)]!++;
  return counts;
}

test('nothing has no percentile', () => expect(percentileOf(emptyHistogram(), 0.95, TIMEOUT_MS)).toBeNull());

test('what is longer than the longest bound counts as that', () => expect(percentileOf(histogramOf([60_000]), 0.95, 60_000)).toBe(6_000));

test.each([
  { description: 'all timed out, seen a little late', timeoutMs: 5_000, durations: Array(50).fill(5_004), p95: 5_000 },
  { description: 'nearly all timed out', timeoutMs: 5_000, durations: [20, ...Array(19).fill(5_001)], p95: 5_000 },
  { description: 'another time-out, within a bucket', timeoutMs: 1_100, durations: Array(10).fill(1_103), p95: 1_095 },
  { description: 'what a longer time-out has let through before', timeoutMs: 1_000, durations: Array(10).fill(2_400), p95: 2_000 },
])('a bucket ends at the time-out, or where it begins beyond that: $description', ({ timeoutMs, durations, p95 }) => {
  expect(percentileOf(histogramOf(durations), 0.95, timeoutMs)).toBe(p95);
});

test('a percentile is off by no more than a third of what it is', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 10, max: 5_000 }), { minLength: 1, maxLength: 300 }), (durations) => {
    const exact = durations.toSorted((one, other) => one - other)[Math.ceil(0.95 * durations.length) - 1]!;
    const estimated = percentileOf(histogramOf(durations), 0.95, TIMEOUT_MS)!;
    expect(estimated).toBeGreaterThanOrEqual(exact * 0.66);
    expect(estimated).toBeLessThanOrEqual(exact * 1.34);
  }));
});
