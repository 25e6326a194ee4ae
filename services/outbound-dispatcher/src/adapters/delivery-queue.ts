import { query } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import type { Delivery } from '../domain/delivery.ts';
import type { PlannedDelivery } from '../domain/plan-deliveries.ts';
import { columnsOf } from './columns-of.ts';
import { BLOCKED, lockQueues, passTurns } from './turns.ts';

/** At most so many are claimed at once. */
export const CLAIM_MAX = 500;

// `claimable_at` serves lease and schedule at once: it is the end of the lease while somebody has one, else the time of the next attempt.
const INSERT_EVENTS = {
  name: 'events_insert',
  text: `INSERT INTO events (workspace_id, id, event, user_id, timestamp, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
    ON CONFLICT DO NOTHING`,
};

// A row that is there already is not returned: its delivery is under way or over. unnest keeps the order of the events, so turns follow it.
const INSERT_DELIVERIES = {
  name: 'deliveries_insert',
  text: `INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, reason, lease_owner,
      next_attempt_at, claimable_at, completed_at, sequence, turn)
    SELECT p.workspace_id, p.id, p.endpoint_id, p.event_id, p.event, p.user_id, p.status, p.reason, CASE WHEN p.is_leased AND NOT p.is_ordered THEN $12 END,
      CASE WHEN p.status = 'pending' AND NOT p.is_ordered THEN now() END,
      CASE WHEN p.is_ordered THEN ${BLOCKED} WHEN p.is_leased THEN now() + $13::int * interval '1 ms' WHEN p.status = 'pending' THEN now() END,
      CASE WHEN p.status = 'skipped' THEN now() END, p.sequence, CASE WHEN p.is_ordered THEN nextval('delivery_turns') END
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[], $10::bigint[], $11::bool[])
      AS p (workspace_id, id, endpoint_id, event_id, event, user_id, status, reason, is_leased, sequence, is_ordered)
    ON CONFLICT DO NOTHING
    RETURNING id`,
};

// Steps from endpoint to endpoint through the index of unfinished rows, then takes a few of each: an endpoint with a long queue
// cannot hide the others. In random order, so that the limit is not always reached by the same ones. $3, $4: room left for endpoints
// that are busy. An endpoint that is disabled or deleted gives all that nobody holds, whatever it waits for: it is to be skipped. The inner
// limit is a constant, whatever room there is ($6), and the body a subquery, so that no plan ever reads a whole table.
const CLAIM = {
  name: 'deliveries_claim',
  text: `WITH RECURSIVE waiting AS (
      (SELECT endpoint_id FROM deliveries WHERE status IN ('pending', 'retrying') ORDER BY endpoint_id LIMIT 1)
      UNION ALL
      SELECT (SELECT d.endpoint_id FROM deliveries d WHERE d.status IN ('pending', 'retrying') AND d.endpoint_id > waiting.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
      FROM waiting WHERE waiting.endpoint_id IS NOT NULL
    ), turns AS (
      SELECT waiting.endpoint_id, coalesce(held.room, $5::int) AS room, NOT EXISTS (
        SELECT FROM endpoints e WHERE e.id = waiting.endpoint_id AND e.status = 'enabled' AND e.deleted_at IS NULL) AS is_over
      FROM waiting LEFT JOIN unnest($3::text[], $4::int[]) AS held (endpoint_id, room) USING (endpoint_id)
      WHERE waiting.endpoint_id IS NOT NULL
      ORDER BY random()
    ), due AS (
      SELECT few.* FROM (SELECT candidate.workspace_id, candidate.id, turns.is_over FROM turns CROSS JOIN LATERAL (
        SELECT d.workspace_id, d.id FROM deliveries d
        WHERE d.endpoint_id = turns.endpoint_id AND d.status IN ('pending', 'retrying')
          AND d.claimable_at <= CASE WHEN turns.is_over THEN 'infinity' ELSE now() END AND (d.claimable_at <= now() OR d.lease_owner IS NULL)
        ORDER BY d.claimable_at LIMIT turns.room
        FOR UPDATE SKIP LOCKED
      ) candidate LIMIT ${CLAIM_MAX}) AS few LIMIT $6::int
    )
    UPDATE deliveries d SET lease_owner = $1, claimable_at = now() + $2::int * interval '1 ms'
    FROM due WHERE d.workspace_id = due.workspace_id AND d.id = due.id
    RETURNING d.workspace_id AS "workspaceId", d.id, d.endpoint_id AS "endpointId", d.event_id AS "eventId", d.event, d.user_id AS "userId",
      d.attempt_count AS "attemptCount", d.attempts_before AS "attemptsBefore", d.is_single AS "isSingle", d.is_test AS "isTest",
      d.replay_id IS NOT NULL AS "isReplayed",
      d.turn IS NOT NULL AS "isOrdered", due.is_over AS "isOver",
      (SELECT e.body FROM events e WHERE e.workspace_id = d.workspace_id AND e.id = d.event_id) AS body`,
};

const HAND_BACK = {
  name: 'deliveries_hand_back',
  text: `UPDATE deliveries d SET lease_owner = NULL, claimable_at = now() FROM unnest($2::text[], $3::text[]) AS h (workspace_id, id)
    WHERE d.workspace_id = h.workspace_id AND d.id = h.id AND d.lease_owner = $1 AND d.status IN ('pending', 'retrying')`,
};

const RELEASE = {
  name: 'deliveries_release',
  text: `UPDATE deliveries SET lease_owner = NULL, claimable_at = now()
    WHERE lease_owner = $1 AND status IN ('pending', 'retrying') AND id <> ALL ($2::text[])`,
};

export interface InsertPlan extends PlannedDelivery {
  isLeased: boolean;
}

export interface ClaimLimits {
  /** How many more of an endpoint may be held; `roomOfOthers` for those not named. */
  rooms: ReadonlyMap<string, number>;
  roomOfOthers: number;
  roomInAll: number;
}

/** The unfinished deliveries, with leases. `owner` names this process, not its place: a successor is somebody else. */
export const createDeliveryQueue = (pool: Pool, { owner, leaseMs }: { owner: string; leaseMs: number }) => ({
  /** Sends its statements at once. Resolves with the ids of those that are new. */
  async insert(tx: ClientBase, plans: readonly InsertPlan[]): Promise<Set<string>> {
    if (plans.length === 0) return new Set();
    const events = [...new Map(plans.map(({ event }) => [event.id, event])).values()];
    const [, inserted] = await Promise.all([
      tx.query({ ...INSERT_EVENTS, values: columnsOf(events, (e) => [e.workspaceId, e.id, e.event, e.userId, e.timestamp, e.body]) }),
      tx.query<{ id: string }>({
        ...INSERT_DELIVERIES,
        values: [
          ...columnsOf(plans, (p) => [p.workspaceId, p.id, p.endpointId, p.event.id, p.event.event, p.event.userId, p.status, p.reason, p.isLeased, p.event.sequence, p.isOrdered]),
          owner,
          leaseMs,
        ],
      }),
    ]);
    return new Set(inserted.rows.map(({ id }) => id));
  },

  /** Before `insert`, for deliveries that wait for each other. Sends at once. */
  lockQueues,
  passTurns: (tx: ClientBase, queues: Parameters<typeof passTurns>[1]): Promise<Set<string>> => passTurns(tx, queues, { owner, leaseMs }),

  async claim({ rooms, roomOfOthers, roomInAll }: ClaimLimits): Promise<Delivery[]> {
    const leaseEndsAt = performance.now() + leaseMs;
    const rows = await query<Omit<Delivery, 'leaseEndsAt' | 'isProbe'>>(pool, CLAIM, [owner, leaseMs, [...rooms.keys()], [...rooms.values()], roomOfOthers, roomInAll]);
    return rows.map((row) => ({ ...row, isProbe: false, leaseEndsAt }));
  },

  /** These have not started. */
  handBack: async (deliveries: readonly Delivery[]): Promise<void> =>
    void (deliveries.length > 0 && (await query(pool, HAND_BACK, [owner, ...columnsOf(deliveries, ({ workspaceId, id }) => [workspaceId, id])]))),

  /** Hands back what is leased to this process, but for what it still has in flight. */
  release: async ({ except }: { except: readonly string[] }): Promise<void> => void (await query(pool, RELEASE, [owner, except])),
});
export type DeliveryQueue = ReturnType<typeof createDeliveryQueue>;
