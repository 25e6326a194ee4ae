// Upper bounds in milliseconds, about a quarter apart; the last bucket is for what is longer. Rows hold counts in this order: only ever append.
const BOUNDS = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1_000, 1_250, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_000,
];
const BUCKETS = BOUNDS.length + 1;

export const emptyHistogram = (): number[] => Array.from({ length: BUCKETS }, () => 0);

export function bucketOf(durationMs: number): number {
  const index = BOUNDS.findIndex((bound) => durationMs <= bound);
  return index === -1 ? BOUNDS.length : index;
}

/**
 * At least that share of the durations is not longer, to the width of a bucket. Null without any. Nothing lasts longer than `longestMs`: the
 * bucket that it lies in ends there, or who never answers would seem to have been waited for longer than that.
 */
export function percentileOf(counts: readonly number[], share: number, longestMs: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= share * total) {
      const from = BOUNDS[index - 1] ?? 0;
      const to = Math.max(from, Math.min(BOUNDS[index] ?? from, longestMs));
      return Math.round(from + ((to - from) * (share * total - below)) / count);
    }
    below += count;
  }
  return BOUNDS.at(-1)!;
}
