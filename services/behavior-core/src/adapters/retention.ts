import { query, type CleanerTask } from '@waggle/database';
import type { Pool } from 'pg';

/** For so long an operation can be asked for. */
export const OPERATIONS_KEPT_DAYS = 30;
const IS_EXPIRED = `accepted_at < clock_timestamp() - interval '${OPERATIONS_KEPT_DAYS} days'`;

// As the contract promises: a natural key is remembered for at least 90 days. An exchange with an Idempotency-Key can be repeated for a day, and
// is found by its session.
const STATEMENTS = {
  inbox: `DELETE FROM inbox WHERE ctid = ANY(ARRAY(SELECT ctid FROM inbox WHERE decided_at < clock_timestamp() - interval '90 days' LIMIT $1)) RETURNING 1 AS removed`,
  // A reminder's day is asked about for some days only; a task's due date may be further away.
  reminders: `DELETE FROM reminders WHERE ctid = ANY(ARRAY(SELECT ctid FROM reminders WHERE decided_at < clock_timestamp() - interval '60 days' LIMIT $1)) RETURNING 1 AS removed`,
  operations: `DELETE FROM operations WHERE ctid = ANY(ARRAY(SELECT ctid FROM operations WHERE ${IS_EXPIRED} LIMIT $1)) RETURNING 1 AS removed`,
  'portal sessions': `DELETE FROM portal_sessions WHERE ctid = ANY(ARRAY(SELECT ctid FROM portal_sessions WHERE expires_at < clock_timestamp() - interval '1 day' LIMIT $1)) RETURNING 1 AS removed`,
  // Results first: an operation without its results would say what is not so.
  'bulk results': `DELETE FROM bulk_results WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM bulk_operations o
      JOIN bulk_results r ON r.workspace_id = o.workspace_id AND r.operation_id = o.id
      WHERE o.${IS_EXPIRED} LIMIT $1)) RETURNING 1 AS removed`,
  'bulk operations': `DELETE FROM bulk_operations WHERE (workspace_id, id) IN (SELECT o.workspace_id, o.id FROM bulk_operations o
      WHERE o.${IS_EXPIRED}
        AND NOT EXISTS (SELECT FROM bulk_results r WHERE r.workspace_id = o.workspace_id AND r.operation_id = o.id) LIMIT $1) RETURNING 1 AS removed`,
};

/** What the core keeps for a time only. */
export const retentionTasks = (pool: Pool): CleanerTask[] =>
  Object.entries(STATEMENTS).map(([what, text]) => ({
    what,
    remove: async (countMax) => (await query(pool, { name: `retention_${what.replace(' ', '_')}`, text }, [countMax])).length,
  }));
