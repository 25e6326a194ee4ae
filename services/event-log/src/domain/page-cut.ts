import type { Order } from './selection.ts';

/** What was read from one position on, in order. */
export interface Found<Row> {
  /** Matching rows, one more than asked for where there are as many. */
  rows: readonly Row[];
  /** Null when nothing lay behind the position. */
  examinedTo: number | null;
  /** False: the log's end (for `desc` its beginning) was reached. */
  isCutShort: boolean;
}

/** Where a list begins: no position is that low or that high. */
export const startOf = (order: Order): number => (order === 'asc' ? 0 : Number.MAX_SAFE_INTEGER);

/**
 * What is shown and where the next page goes on. At the end it goes on behind all that was examined: a later reader
 * passes over the same non-matching rows no second time, and one that finds nothing stays where it is.
 */
export function cutPage<Row extends { position: number }>(found: Found<Row>, { limit, after }: { limit: number; after: number }) {
  const shown = found.rows.slice(0, limit);
  const last = shown.at(-1);
  if (found.rows.length > limit && last !== undefined) return { shown, next: last.position, hasMore: true };
  return { shown, next: found.examinedTo ?? after, hasMore: found.isCutShort };
}
