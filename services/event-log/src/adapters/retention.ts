import { query } from '@waggle/database';
import type { Pool } from 'pg';

// One descent of the primary key per workspace: there are few workspaces and many events.
const WORKSPACES = `WITH RECURSIVE workspaces AS (
      (SELECT workspace_id FROM events ORDER BY workspace_id LIMIT 1)
      UNION ALL
      SELECT (SELECT e.workspace_id FROM events AS e WHERE e.workspace_id > w.workspace_id ORDER BY e.workspace_id LIMIT 1)
      FROM workspaces AS w WHERE w.workspace_id IS NOT NULL
    )`;

// Told before the first of them goes: a cursor must not pass over a gap that it knows nothing of. It never falls.
const MARK = {
  name: 'events_mark_dropped',
  text: `${WORKSPACES}
    UPDATE log_epoch SET dropped_to = greatest(dropped_to, (
      SELECT max(latest.position) FROM workspaces AS w CROSS JOIN LATERAL (
        SELECT e.position FROM events AS e WHERE e.workspace_id = w.workspace_id AND e.recorded_at < clock_timestamp() - $1 * interval '1 day'
        ORDER BY e.recorded_at DESC, e.position DESC LIMIT 1) AS latest))`,
};

// From the front, so that whole pages become free, and new events take their place.
const DROP = {
  name: 'events_drop',
  text: `${WORKSPACES}, gone AS (
      DELETE FROM events WHERE (workspace_id, position) IN (
        SELECT e.workspace_id, e.position FROM workspaces AS w CROSS JOIN LATERAL (
          SELECT workspace_id, position FROM events WHERE events.workspace_id = w.workspace_id AND events.position <= (SELECT dropped_to FROM log_epoch)
          ORDER BY position LIMIT $1) AS e
        LIMIT $1)
      RETURNING 1
    )
    SELECT count(*)::int AS count FROM gone`,
};

/** Drops what was recorded more than `days` ago, at most so many rows, and tells how many those were. */
export const createRetention = (pool: Pool, days: number) => async (countMax: number): Promise<number> => {
  await query(pool, MARK, [days]);
  const [dropped] = await query<{ count: number }>(pool, DROP, [countMax]);
  return dropped?.count ?? 0;
};
