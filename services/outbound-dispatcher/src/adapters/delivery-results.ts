import type { Attempt } from '@waggle/contracts';
import { transact } from '@waggle/database';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import type { Delivery } from '../domain/delivery.ts';
import { judgeHealth, type EndpointHealth } from '../domain/endpoint-health.ts';
import { columnsOf } from './columns-of.ts';
import { deliveryFinished, endpointDisabled } from './delivery-events.ts';
import { LOCK_CHANGES } from './endpoint-row.ts';
import { lockQueues, passTurns, queuesOf } from './turns.ts';
import { disableUnhealthy, type UnhealthyEndpoint } from './unhealthy-endpoints.ts';

/** What an attempt, or the decision against one, makes of a delivery. */
export interface DeliveryResult {
  delivery: Delivery;
  status: 'succeeded' | 'failed' | 'retrying' | 'skipped';
  reason: string | null;
  /** Null: no request was made. */
  attempt: Attempt | null;
  /** Until the next attempt; null for the last. */
  delayMs: number | null;
  /** The receiver's last word was 410; of a channel, that its service refused the connection. */
  isGone: boolean;
}

// Only while the lease is still ours and nobody has recorded this attempt: a result that comes too late changes nothing. That an endpoint
// is well is written once a minute at most, so that a success costs its own row and no other.
const RECORD = {
  name: 'deliveries_record',
  text: `WITH recorded AS (
      UPDATE deliveries d SET status = r.status, reason = r.reason, lease_owner = NULL,
        attempt_count = d.attempt_count + CASE WHEN r.attempt IS NULL THEN 0 ELSE 1 END,
        attempts = CASE WHEN r.attempt IS NULL THEN d.attempts ELSE d.attempts || r.attempt END,
        next_attempt_at = now() + r.delay_ms * interval '1 ms',
        claimable_at = now() + r.delay_ms * interval '1 ms',
        completed_at = CASE WHEN r.status <> 'retrying' THEN now() END
      FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::jsonb[], $8::int[])
        AS r (workspace_id, id, attempt_count, status, reason, attempt, delay_ms)
      WHERE d.workspace_id = r.workspace_id AND d.id = r.id AND d.lease_owner = $1 AND d.attempt_count = r.attempt_count
      RETURNING d.workspace_id, d.id, d.endpoint_id, d.user_id, d.status, d.turn, d.is_test
    ), well AS (
      UPDATE endpoints e SET last_success_at = now(), failures_in_row = 0, failing_since = NULL
      FROM (SELECT DISTINCT workspace_id, endpoint_id FROM recorded WHERE status = 'succeeded' AND NOT is_test) AS succeeded
      WHERE e.workspace_id = succeeded.workspace_id AND e.id = succeeded.endpoint_id
        AND (e.failures_in_row > 0 OR e.last_success_at IS NULL OR e.last_success_at < now() - interval '1 minute')
    )
    SELECT id, CASE WHEN turn IS NOT NULL AND status <> 'retrying' THEN user_id END AS "passing" FROM recorded`,
};

// The last success may be a minute younger than what is written of it.
const COUNT_FAILURES = {
  name: 'endpoints_count_failures',
  text: `UPDATE endpoints e SET failures_in_row = e.failures_in_row + f.count, failing_since = coalesce(e.failing_since, now())
    FROM unnest($1::text[], $2::text[], $3::int[]) AS f (workspace_id, id, count)
    WHERE e.workspace_id = f.workspace_id AND e.id = f.id AND e.status = 'enabled' AND e.deleted_at IS NULL
    RETURNING e.workspace_id AS "workspaceId", e.id, e.failures_in_row AS "failuresInRow", e.failing_since AS "failingSince",
      coalesce(e.last_success_at + interval '1 minute', e.created_at) AS "noSuccessSince", now() AS "now"`,
};

type HealthRow = { workspaceId: string; id: string; now: Date } & Omit<EndpointHealth, 'isGone'>;

/** What comes of deliveries: their rows, what operators are told of them, and what they say of their endpoints. */
export const createDeliveryResults = (pool: Pool, { owner }: { owner: string }) => ({
  /**
   * `told`: those of which operators know already. An endpoint that is gone is disabled at once: nothing is kept of a 410 by which it could be
   * seen later. Tells which others are to be disabled: their counts stand.
   */
  async record(results: readonly DeliveryResult[], told: ReadonlySet<DeliveryResult>): Promise<UnhealthyEndpoint[]> {
    const values = [owner, ...columnsOf(results, ({ delivery: d, attempt, status, reason, delayMs }) => [
      d.workspaceId, d.id, d.attemptCount, status, reason, attempt === null ? null : JSON.stringify(attempt), delayMs,
    ])];
    return transact(pool, {
      async load(tx) {
        // Before the rows, as every change of an endpoint does.
        if (results.some(({ isGone }) => isGone)) await tx.query(LOCK_CHANGES);
        const { rows } = await tx.query<{ id: string; passing: string | null }>({ ...RECORD, values });
        const rowOf = new Map(rows.map((row) => [row.id, row]));
        const recorded = results.filter(({ delivery }) => rowOf.has(delivery.id));
        // The row says whether it had a turn: an endpoint may have come to want order while this attempt was on its way.
        const passing = queuesOf(recorded.filter(({ delivery: { id } }) => rowOf.get(id)!.passing !== null)
          .map(({ delivery: { endpointId, userId } }) => ({ endpointId, userId, isLeased: false })));
        return { recorded, passing, health: await countFailures(tx, recorded.filter(({ delivery }) => !delivery.isTest)) };
      },
      decide: ({ recorded, passing, health }) => ({
        passing, untold: recorded.filter((result) => isNews(result) && !told.has(result)), unhealthy: judge(health, recorded),
      }),
      async save(tx, { passing, untold, unhealthy }) {
        const gone = unhealthy.filter(({ reason }) => reason === 'gone');
        await Promise.all([
          // Enabled and locked since they were counted.
          ...gone.map((endpoint) => disableUnhealthy(tx, endpoint)),
          // Behind the rows: whoever has the lock last sees all that has been finished.
          passing.length > 0 ? lockQueues(tx, passing) : undefined,
          passing.length > 0 ? passTurns(tx, passing, { owner, leaseMs: 0 }) : undefined,
          appendToOutbox(tx, [...untold.map((result) => deliveryFinished(result)), ...gone.map(endpointDisabled)]),
        ]);
        return unhealthy.filter(({ reason }) => reason !== 'gone');
      },
    });
  },
});
export type DeliveryResults = ReturnType<typeof createDeliveryResults>;

/** Of what operators are told: a delivery that is over. A test event is in no topic (contract, section 4). */
export const isNews = ({ status, delivery }: DeliveryResult): boolean => status !== 'retrying' && !delivery.isTest;

/** A manual retry that fails is somebody's trial, and says nothing of the endpoint. */
const isFailure = ({ status, delivery }: DeliveryResult) => status === 'failed' && !delivery.isSingle;

/**
 * Per endpoint those after its last success; of one that is gone also none, so that it is judged. In the order of ids, so that two who count
 * wait for each other and never in a circle.
 */
async function countFailures(tx: ClientBase, recorded: readonly DeliveryResult[]): Promise<HealthRow[]> {
  const counts = [...Map.groupBy(recorded, ({ delivery }) => delivery.endpointId)]
    .map(([id, ofEndpoint]) => {
      const sinceSuccess = ofEndpoint.slice(ofEndpoint.findLastIndex(({ status }) => status === 'succeeded') + 1);
      return { workspaceId: ofEndpoint[0]!.delivery.workspaceId, id, count: sinceSuccess.filter(isFailure).length, isGone: ofEndpoint.some(({ isGone }) => isGone) };
    })
    .filter(({ count, isGone }) => count > 0 || isGone)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  if (counts.length === 0) return [];
  const { rows } = await tx.query<HealthRow>({ ...COUNT_FAILURES, values: columnsOf(counts, ({ workspaceId, id, count }) => [workspaceId, id, count]) });
  return rows;
}

function judge(health: readonly HealthRow[], recorded: readonly DeliveryResult[]): UnhealthyEndpoint[] {
  return health.flatMap(({ workspaceId, id, now, ...counted }) => {
    const isGone = recorded.some((result) => result.isGone && result.delivery.endpointId === id);
    const reason = judgeHealth({ ...counted, isGone }, now);
    return reason === null ? [] : [{ workspaceId, id, reason }];
  });
}
