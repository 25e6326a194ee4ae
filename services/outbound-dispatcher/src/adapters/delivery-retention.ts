import { query, type CleanerTask } from '@waggle/database';
import type { Pool } from 'pg';

// What is unfinished stays, however old, also what was put back while this waited for its row. An event's body goes with the last of its
// deliveries: they were all made in the transaction of the event, so others are found by its time. Workspace by workspace: the index of a
// list is then the index of what is oldest.
const REMOVE = {
  name: 'deliveries_remove_expired',
  text: `WITH expired AS (
      SELECT old.* FROM (SELECT DISTINCT workspace_id FROM endpoints) w CROSS JOIN LATERAL (
        SELECT d.workspace_id, d.id, d.event_id FROM deliveries d
        WHERE d.workspace_id = w.workspace_id AND d.created_at < clock_timestamp() - $1 * interval '1 day' AND d.completed_at IS NOT NULL
        ORDER BY d.created_at, d.id LIMIT $2
      ) old LIMIT $2
    ),
    removed AS (DELETE FROM deliveries d USING expired x WHERE d.workspace_id = x.workspace_id AND d.id = x.id AND d.completed_at IS NOT NULL RETURNING d.workspace_id, d.id, d.event_id),
    bodies AS (
      DELETE FROM events e USING (SELECT DISTINCT workspace_id, event_id FROM removed) r WHERE e.workspace_id = r.workspace_id AND e.id = r.event_id
        AND NOT EXISTS (SELECT FROM deliveries d WHERE d.workspace_id = e.workspace_id AND d.created_at = e.created_at AND d.event_id = e.id AND d.id NOT IN (SELECT id FROM removed))
    )
    SELECT id FROM removed`,
};

/** Deliveries that were finished, with what they carried. Where Kafka still has their events, a topic that is read anew sends them again. */
export const deliveryRetention = (pool: Pool, days: number): CleanerTask => ({
  what: 'deliveries',
  remove: async (countMax) => (await query(pool, REMOVE, [days, countMax])).length,
});
