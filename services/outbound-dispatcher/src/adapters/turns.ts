import type { ClientBase } from 'pg';
import { columnsOf } from './columns-of.ts';
import { IN_SCOPE, type EndpointScope } from './endpoint-row.ts';

/** With `ordering: per_user` the deliveries of one user to one endpoint are a queue. */
interface Queue {
  endpointId: string;
  userId: string;
}

interface Lease {
  owner: string;
  leaseMs: number;
}

/** Of a delivery whose turn has not come: nothing is due before. */
export const BLOCKED = `'infinity'::timestamptz`;

// Whoever adds to a queue or takes from it: so nobody sees a first one that is just being finished, and waits for it for ever.
const LOCK = {
  name: 'turns_lock',
  text: `SELECT pg_advisory_xact_lock(hashtextextended(queue, 4712))
    FROM (SELECT DISTINCT queue FROM unnest($1::text[]) AS queue ORDER BY queue) AS queues`,
};

// What waits when an endpoint comes to want order keeps its own time, but has turns from now on: whatever comes waits for it. In the order of
// the user's events, as far as these are numbered.
const GIVE = {
  name: 'turns_give',
  text: `WITH unordered AS (
      SELECT d.workspace_id, d.id FROM deliveries d
      WHERE d.workspace_id = $1 AND d.endpoint_id = $3 AND d.status IN ('pending', 'retrying') AND d.turn IS NULL AND NOT d.is_single AND d.replay_id IS NULL
        AND EXISTS (SELECT FROM endpoints WHERE ${IN_SCOPE} AND id = $3 AND ordering = 'none')
      ORDER BY d.sequence, d.created_at, d.id
    ), numbered AS (SELECT workspace_id, id, nextval('delivery_turns') AS turn FROM unordered)
    UPDATE deliveries d SET turn = numbered.turn FROM numbered
    WHERE d.workspace_id = numbered.workspace_id AND d.id = numbered.id AND d.status IN ('pending', 'retrying')`,
};

const PASS = {
  name: 'turns_pass',
  text: `WITH heads AS (
      SELECT head.workspace_id, head.id, q.is_leased FROM unnest($1::text[], $2::text[], $3::bool[]) AS q (endpoint_id, user_id, is_leased)
      CROSS JOIN LATERAL (
        SELECT d.workspace_id, d.id, d.claimable_at FROM deliveries d
        WHERE d.endpoint_id = q.endpoint_id AND d.user_id = q.user_id AND d.turn IS NOT NULL AND d.status IN ('pending', 'retrying')
        ORDER BY d.turn LIMIT 1
      ) AS head
      WHERE head.claimable_at = ${BLOCKED}
    )
    UPDATE deliveries d SET next_attempt_at = now(), lease_owner = CASE WHEN heads.is_leased THEN $4 END,
      claimable_at = now() + CASE WHEN heads.is_leased THEN $5::int ELSE 0 END * interval '1 ms'
    FROM heads WHERE d.workspace_id = heads.workspace_id AND d.id = heads.id AND d.claimable_at = ${BLOCKED}
    RETURNING d.id`,
};

/** Before the endpoint's own row is touched, as recording does, and with no fan-out under way. Sends at once. */
export const giveTurns = (tx: ClientBase, { workspaceId, userId }: EndpointScope, id: string): Promise<unknown> =>
  tx.query({ ...GIVE, values: [workspaceId, userId, id] });

/** Before anything is added to these queues, and after something was taken from them, in the same transaction. Sends at once. */
export const lockQueues = (tx: ClientBase, queues: readonly Queue[]): Promise<unknown> =>
  tx.query({ ...LOCK, values: [queues.map(({ endpointId, userId }) => `${endpointId} ${userId}`)] });

/** The first of each queue becomes due, if it was not; leased where that is wished. Sends at once; tells which these are. */
export async function passTurns(tx: ClientBase, queues: readonly (Queue & { isLeased: boolean })[], { owner, leaseMs }: Lease): Promise<Set<string>> {
  const columns = columnsOf(queues, ({ endpointId, userId, isLeased }) => [endpointId, userId, isLeased]);
  const { rows } = await tx.query<{ id: string }>({ ...PASS, values: [...columns, owner, leaseMs] });
  return new Set(rows.map(({ id }) => id));
}

/** Each queue once. */
export function queuesOf<Of extends Queue>(items: readonly Of[]): Of[] {
  return [...new Map(items.map((item) => [`${item.endpointId} ${item.userId}`, item])).values()];
}
