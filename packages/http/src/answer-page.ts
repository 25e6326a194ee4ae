import { pageQuery } from '@waggle/contracts';
import { z } from 'zod';
import { ok, type Answer, type ApiRequest } from './api.ts';
import { decodeCursor } from './cursor.ts';
import { parseQuery, toPage } from './page.ts';

interface List<Query extends typeof pageQuery, Position extends z.ZodType, Row> {
  query: Query;
  /** Which list, and of what: with the filters, what a cursor is good for. */
  scope: readonly (string | number)[];
  position: Position;
  load(request: { filters: Omit<z.infer<Query>, 'limit' | 'cursor'>; after: z.infer<Position> | null; limit: number }): Promise<Row[]>;
  positionOf(row: Row): (string | number)[];
  toItem(row: Row): unknown;
}

/** One page of any list of the caller's workspace. */
export async function answerPage<Query extends typeof pageQuery, Position extends z.ZodType, Row>(
  { caller, query }: ApiRequest,
  list: List<Query, Position, Row>,
): Promise<Answer> {
  const { limit, cursor, ...filters } = parseQuery(list.query, query);
  const scope = [caller.workspaceId, ...list.scope, filters];
  const after = cursor === undefined ? null : decodeCursor(scope, cursor, list.position);
  const rows = await list.load({ filters, after, limit: limit + 1 });
  return ok(toPage(rows, { limit, scope, positionOf: list.positionOf, toItem: list.toItem }));
}

/** Lists in the order of ids. */
export const idPosition = z.tuple([z.string()]);

/** A number in a position, as PostgreSQL's integer takes it: who makes up a cursor with another is told that it is none. */
export const positionNumber = z.int().min(0).max(2_147_483_647);

/** Lists by time, newest first. PostgreSQL knows no year 0. */
export const timePosition = z.tuple([z.iso.datetime().refine((time) => time >= '0001'), z.string()]);
