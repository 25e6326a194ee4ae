import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, emptyHistogram, percentileOf } from './duration-histogram.ts';

function histogramOf(durations: readonly number[]): number[] {
  const counts = emptyHistogram();
  for (const duration of durations) counts[bucketOf(duration)]!++;
  return counts;
}

test('nothing has no percentile', () => expect(percentileOf(emptyHistogram(), 0.95)).toBeNull());

test('what is longer than the longest bound counts as that', () => expect(percentileOf(histogramOf([60_000]), 0.95)).toBe(6_000));

test('a percentile is off by no more than a third of what it is', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 10, max: 5_000 }), { minLength: 1, maxLength: 300 }), (durations) => {
    const exact = durations.toSorted((one, other) => one - other)[Math.ceil(0.95 * durations.length) - 1]!;
    const estimated = percentileOf(histogramOf(durations), 0.95)!;
    expect(estimated).toBeGreaterThanOrEqual(exact * 0.66);
    expect(estimated).toBeLessThanOrEqual(exact * 1.34);
  }));
});
