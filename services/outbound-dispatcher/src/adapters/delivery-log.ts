import type { Attempt, DeliveryStatus } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Pool } from 'pg';
import type { EndpointScope } from './endpoint-row.ts';

export interface DeliveryRow {
  id: string;
  endpoint_id: string;
  event_id: string;
  event: string;
  user_id: string;
  status: DeliveryStatus;
  reason: string | null;
  attempt_count: number;
  next_attempt_at: Date | null;
  created_at: Date;
  completed_at: Date | null;
}

export interface DeliveryDetailRow extends DeliveryRow {
  body: string;
  attempts: Attempt[];
}

export interface DeliveryFilter {
  endpointId: string | null;
  status: DeliveryStatus | null;
  /** In LIKE's form. */
  eventPattern: string | null;
  userId: string | null;
  since: string | null;
  until: string | null;
}

/** `created_at` and id. */
type DeliveryPosition = readonly [string, string];

// Nothing is sent to an endpoint that is left alone before its pause is over.
const COLUMNS = `d.id, d.endpoint_id, d.event_id, d.event, d.user_id, d.status, d.reason, d.attempt_count,
  CASE WHEN d.next_attempt_at IS NOT NULL THEN greatest(d.next_attempt_at, (
    SELECT e.paused_until FROM endpoints e WHERE e.workspace_id = d.workspace_id AND e.id = d.endpoint_id)) END AS next_attempt_at, d.created_at, d.completed_at`;
// A user's endpoints get that user's events only, so the index by user finds them; what the workspace's own endpoints got is not for a user key.
const IN_SCOPE = `d.workspace_id = $1 AND ($2::text IS NULL OR (d.user_id = $2
  AND d.endpoint_id IN (SELECT e.id FROM endpoints e WHERE e.workspace_id = $1 AND e.user_id = $2)))`;

const FIND = {
  name: 'delivery_find',
  text: `SELECT ${COLUMNS}, d.attempts, events.body FROM deliveries d JOIN events ON events.workspace_id = d.workspace_id AND events.id = d.event_id
    WHERE ${IN_SCOPE} AND d.id = $3`,
};

// Its attempts go on counting: `attempts_before` says where this schedule of a single one begins. It waits for no turn
// and nobody for its. An endpoint may be disabled, but it has to be there.
const RETRY = {
  name: 'delivery_retry',
  text: `UPDATE deliveries d SET status = 'pending', reason = NULL, attempts_before = d.attempt_count, is_single = true, turn = NULL, replay_id = NULL,
      next_attempt_at = now(), claimable_at = now(), completed_at = NULL
    WHERE ${IN_SCOPE} AND d.id = $3 AND d.status IN ('succeeded', 'failed', 'skipped')
      AND EXISTS (SELECT FROM endpoints e WHERE e.workspace_id = d.workspace_id AND e.id = d.endpoint_id AND e.deleted_at IS NULL)
    RETURNING ${COLUMNS}`,
};

// Not one statement for all filters: with `$n IS NULL OR` a prepared plan could not choose between the indexes by endpoint, user and time.
const CONDITIONS: readonly (readonly [keyof DeliveryFilter, string])[] = [
  ['endpointId', 'd.endpoint_id ='],
  ['status', 'd.status ='],
  ['eventPattern', 'd.event LIKE'],
  ['userId', 'd.user_id ='],
  ['since', 'd.created_at >='],
  ['until', 'd.created_at <'],
];

/** What became of deliveries, for people. */
export const createDeliveryLog = (pool: Pool) => ({
  /** Newest first. */
  list({ workspaceId, userId }: EndpointScope, filter: DeliveryFilter, { after, limit }: { after: DeliveryPosition | null; limit: number }): Promise<DeliveryRow[]> {
    const values: unknown[] = [workspaceId, userId];
    const given = CONDITIONS.filter(([name]) => filter[name] !== null);
    const conditions = given.map(([name, condition]) => `${condition} $${values.push(filter[name])}`);
    if (after !== null) conditions.push(`(d.created_at, d.id) < ($${values.push(after[0])}, $${values.push(after[1])})`);
    const text = `SELECT ${COLUMNS} FROM deliveries d WHERE ${[IN_SCOPE, ...conditions].join(' AND ')}
      ORDER BY d.created_at DESC, d.id DESC LIMIT $${values.push(limit)}`;
    return query<DeliveryRow>(pool, { name: `delivery_list_${given.map(([name]) => name).join('_')}_${after !== null}`, text }, values);
  },
  async find({ workspaceId, userId }: EndpointScope, id: string): Promise<DeliveryDetailRow | null> {
    const [row] = await query<DeliveryDetailRow>(pool, FIND, [workspaceId, userId, id]);
    return row ?? null;
  },
  /** One attempt more, from the queue. Null unless it is finished and its endpoint is there. */
  async retry({ workspaceId, userId }: EndpointScope, id: string): Promise<DeliveryRow | null> {
    const [row] = await query<DeliveryRow>(pool, RETRY, [workspaceId, userId, id]);
    return row ?? null;
  },
});
export type DeliveryLog = ReturnType<typeof createDeliveryLog>;
