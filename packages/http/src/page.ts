import type { Page } from '@waggle/contracts';
import type { z } from 'zod';
import { encodeCursor } from './cursor.ts';
import { invalid, parseBody } from './problem.ts';

/** Query parameters: an unknown one, a repeated one or a bad value is a 400. */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, query: Readonly<Record<string, unknown>>): z.infer<Schema> {
  const { limit } = query;
  // As a number it would be taken in many more forms, as in 1e2.
  if (typeof limit === 'string' && !/^\d+$/.test(limit)) throw invalid('limit', 'Must be a whole number');
  return parseBody(schema, query);
}

/** `rows`: one more than `limit` where there is more. `positionOf` says where the next page goes on. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  { limit, scope, positionOf, toItem }: { limit: number; scope: unknown; positionOf(row: Row): (string | number)[]; toItem(row: Row): Item },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return { data: shown.map(toItem), next_cursor: hasMore && last !== undefined ? encodeCursor(scope, positionOf(last)) : null, has_more: hasMore };
}
