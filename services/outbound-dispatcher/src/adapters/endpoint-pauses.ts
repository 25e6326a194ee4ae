import { query, transact } from '@waggle/database';
import type { Pool } from 'pg';
import { pauseOf } from '../domain/breaker.ts';
import { COUNTED, LOCK_CHANGES } from './endpoint-row.ts';

interface EndpointName {
  workspaceId: string;
  id: string;
}

// Counted, so that every instance hears of it.
const PAUSE = {
  name: 'endpoint_pause',
  text: `${COUNTED}
    UPDATE endpoints SET paused_until = now() + $3::int * interval '1 ms', pauses = 1, change = counter FROM changes
    WHERE workspace_id = $1 AND id = $2 AND paused_until IS NULL AND status = 'enabled' AND deleted_at IS NULL
    RETURNING paused_until AS "pausedUntil"`,
};
const RESUME = {
  name: 'endpoint_resume',
  text: `${COUNTED}
    UPDATE endpoints SET paused_until = NULL, pauses = 0, change = counter FROM changes
    WHERE workspace_id = $1 AND id = $2 AND paused_until IS NOT NULL
    RETURNING id`,
};

// Paused it was and is: nobody needs to hear of it. $3: the pauses by their number in the row, the last for all that follow.
const PROLONG = {
  name: 'endpoint_prolong_pause',
  text: `UPDATE endpoints SET paused_until = now() + ($3::int[])[least(pauses + 1, cardinality($3::int[]))] * interval '1 ms', pauses = pauses + 1
    WHERE workspace_id = $1 AND id = $2 AND paused_until IS NOT NULL
    RETURNING paused_until AS "pausedUntil"`,
};

// One instance gets to probe, and only where there is something to probe with. Should it die, the next may when the probe's lease is over.
const PROBE = {
  name: 'endpoints_probe',
  text: `UPDATE endpoints e SET paused_until = now() + $2::int * interval '1 ms'
    FROM (
      SELECT p.workspace_id, p.id FROM endpoints p
      WHERE p.id = ANY ($1::text[]) AND p.paused_until <= now() AND EXISTS (
        SELECT FROM deliveries d WHERE d.endpoint_id = p.id AND d.status IN ('pending', 'retrying') AND d.claimable_at <= now())
      FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE e.workspace_id = due.workspace_id AND e.id = due.id
    RETURNING e.id`,
};

/** Endpoints that are left alone because they do not answer: a column that all instances share. */
export function createEndpointPauses(pool: Pool, { firstMs, leaseMs }: { firstMs: number; leaseMs: number }) {
  const pausesMs = Array.from({ length: 8 }, (_, pauses) => pauseOf(pauses, firstMs));

  async function counted<Row extends object>(statement: { name: string; text: string }, values: unknown[]): Promise<Row | undefined> {
    return transact(pool, {
      load: (tx) => tx.query(LOCK_CHANGES),
      decide: () => {},
      save: async (tx) => (await tx.query<Row>({ ...statement, values })).rows[0],
    });
  }

  return {
    /** Null when somebody else has paused it, or it is disabled. */
    pause: async ({ workspaceId, id }: EndpointName): Promise<Date | null> =>
      (await counted<{ pausedUntil: Date }>(PAUSE, [workspaceId, id, pausesMs[0]]))?.pausedUntil ?? null,
    /** False when it was not paused. */
    resume: async ({ workspaceId, id }: EndpointName): Promise<boolean> => (await counted(RESUME, [workspaceId, id])) !== undefined,
    async prolong({ workspaceId, id }: EndpointName): Promise<Date | null> {
      const [row] = await query<{ pausedUntil: Date }>(pool, PROLONG, [workspaceId, id, pausesMs]);
      return row?.pausedUntil ?? null;
    },
    /** Of these, those that this instance is to probe with one delivery now. */
    probe: async (ids: readonly string[]): Promise<string[]> => (await query<{ id: string }>(pool, PROBE, [ids, leaseMs])).map(({ id }) => id),
  };
}
export type EndpointPauses = ReturnType<typeof createEndpointPauses>;
