import type { Order } from '../domain/selection.ts';
import { firstPositionOf } from './partition-statements.ts';

/** Which index is walked. Each leads from what it is named after to positions in order. */
export type WalkedBy = 'workspace' | 'user' | 'entity' | 'event';

/** Rows that one page examines at most, whatever its filters let through. */
export const EXAMINED_MAX = 2_000;

const NARROWED: Record<WalkedBy, string> = {
  workspace: '',
  user: 'AND user_id = $3',
  entity: 'AND entity_id = $4',
  event: 'AND event = ($5::text[])[1]',
};

const BEYOND = '9223372036854775807';

/** Positions from before they were times (ADR 22) end here; the first time of all others is in 2004. */
const COUNTED_BELOW = '2251799813685248';

/**
 * The first position that was recorded at a time or later. It is a function of the time, unless one of those is older: they are all in the first
 * partition, which alone has an index by `recorded_at`. Once that is dropped, or was empty, there is nothing to look for.
 */
const firstRecordedFrom = (time: string, withoutTime: string) => `(SELECT CASE WHEN ${time}::timestamptz IS NULL THEN ${withoutTime}::bigint
          ELSE coalesce((SELECT e.position FROM events AS e WHERE e.workspace_id = $1 AND e.recorded_at >= ${time} AND e.position < ${COUNTED_BELOW}
            ORDER BY e.recorded_at, e.position LIMIT 1), ${firstPositionOf(`${time}::timestamptz`)}) END)`;

/**
 * $1 workspace, $2 after position, $3 user, $4 entity, $5 event types, $6 and $7 occurred from and before, $8 and $9 recorded from and
 * before, $10 limit. Null: no such filter. Rows of the page, one more than the limit where there are as many, and a row about the walk:
 * how many rows it examined and up to which. One statement, because both must be of one snapshot: an end that was looked up a moment
 * later could lie behind an event that was committed in between. While the page is full the second walk is never made.
 */
export function pageStatement(by: WalkedBy, order: Order): { name: string; text: string } {
  const walk = (columns: string) => `SELECT ${columns} FROM events
        WHERE workspace_id = $1 ${NARROWED[by]} AND position ${order === 'asc' ? '>' : '<'} $2::bigint
          AND position >= ${firstRecordedFrom('$8', '0')}
          AND position < ${firstRecordedFrom('$9', BEYOND)}
        ORDER BY position ${order} LIMIT ${EXAMINED_MAX}`;
  const text = `WITH page AS MATERIALIZED (
      SELECT position, recorded_at, body FROM (${walk('position, event, user_id, entity_id, occurred_at, recorded_at, body')}) AS examined
      WHERE ($3::text IS NULL OR user_id = $3) AND ($4::text IS NULL OR entity_id = $4) AND ($5::text[] IS NULL OR event = ANY ($5))
        AND ($6::timestamptz IS NULL OR occurred_at >= $6) AND ($7::timestamptz IS NULL OR occurred_at < $7)
      ORDER BY position ${order} LIMIT $10::int + 1
    )
    SELECT log.epoch::text AS epoch, log.dropped_to::float8 AS "droppedTo", position::float8 AS position, recorded_at AS "recordedAt", body, examined FROM (
      SELECT position, recorded_at, body, NULL::int AS examined FROM page
      UNION ALL
      SELECT ${order === 'asc' ? 'max' : 'min'}(position), NULL, NULL, count(*)::int FROM (${walk('position')}) AS examined
      WHERE (SELECT count(*) FROM page) <= $10
    ) AS answer, log_epoch AS log
    ORDER BY answer.position ${order}`;
  return { name: `events_page_by_${by}_${order}`, text };
}
