import { ERASING_SERVICES, userDigest, userErasure, type UserErased } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import { appendAudit, type Administrator } from './audit-log.ts';
import { ERASE_STATEMENTS } from './erase-statements.ts';
import type { UserRef } from './user-store.ts';

export interface ErasureRow {
  done: number;
  total: number;
  completedAt: Date | null;
}

// The strongest lock: whoever holds the row, by whichever lock, has committed before, and sees no user after.
const LOCK = { name: 'erasure_lock', text: 'SELECT event_sequence FROM users WHERE workspace_id = $1 AND id = $2 FOR UPDATE' };
const NOW = { name: 'now', text: 'SELECT clock_timestamp() AS now' };
const RUNNING = {
  name: 'erasure_running',
  text: 'SELECT operation_id FROM erasures WHERE workspace_id = $1 AND user_digest = $2 AND completed_at IS NULL ORDER BY erased_at DESC LIMIT 1',
};
const BEGIN_ERASURE = {
  name: 'erasure_begin',
  text: `INSERT INTO erasures (workspace_id, operation_id, user_digest, event_sequence, services_done, erased_at)
    VALUES ($1, $2, $3, $4, '{}', $5)`,
};

// A report may come twice, and two of one operation in one batch.
const REPORT = {
  name: 'erasures_report',
  text: `UPDATE erasures AS e SET services_done = ARRAY(SELECT DISTINCT unnest(e.services_done || r.services)),
      completed_at = CASE WHEN e.services_done || r.services @> $4::text[] THEN coalesce(e.completed_at, clock_timestamp()) END
    FROM (SELECT workspace_id, operation_id, array_agg(service) AS services
      FROM unnest($1::text[], $2::text[], $3::text[]) AS given(workspace_id, operation_id, service) GROUP BY workspace_id, operation_id) AS r
    WHERE e.workspace_id = r.workspace_id AND e.operation_id = r.operation_id`,
};
const FIND = {
  name: 'erasure_find',
  text: 'SELECT cardinality(services_done) AS done, completed_at AS "completedAt" FROM erasures WHERE workspace_id = $1 AND operation_id = $2',
};

/** What somebody has left by some backfills of 100,000 lines takes seconds, and must not be refused for good. */
const ERASING_MS_MAX = 60_000;

export const createErasureStore = (pool: Pool) => ({
  /**
   * Erases all that the core's database holds, and asks the others to, in one transaction. Says which operation does it: the given one, or the one
   * that is under way already. Null when there is no such user.
   */
  async erase(by: Administrator, { workspaceId, userId }: UserRef, operationId: string): Promise<string | null> {
    const digest = userDigest({ workspace_id: workspaceId, user_id: userId });
    return transact(pool, {
      async load(tx) {
        const [user, running, clock] = await Promise.all([
          tx.query<{ event_sequence: string }>({ ...LOCK, values: [workspaceId, userId] }),
          tx.query<{ operation_id: string }>({ ...RUNNING, values: [workspaceId, digest] }),
          tx.query<{ now: Date }>(NOW),
        ]);
        return { sequence: user.rows[0]?.event_sequence, running: running.rows[0]?.operation_id, now: clock.rows[0]!.now.toISOString() };
      },
      decide: (loaded) => loaded,
      async save(tx, { sequence, running, now }) {
        if (sequence === undefined) return running ?? null;
        const message = { operation_id: operationId, workspace_id: workspaceId, user_id: userId, event_sequence: Number(sequence), erased_at: now };
        await Promise.all([
          ...eraseOwn(tx, workspaceId, userId),
          tx.query({ ...BEGIN_ERASURE, values: [workspaceId, operationId, digest, sequence, now] }),
          appendAudit(tx, by, { action: 'user.erased', target: { kind: 'user', id: userId }, userId, details: { operation_id: operationId } }),
          tx.query({ ...ERASE_STATEMENTS.auditNames, values: [workspaceId, userId] }),
          appendToOutbox(tx, [toRecord(userErasure, message)]),
        ]);
        return operationId;
      },
    }, { timeoutMs: ERASING_MS_MAX });
  },

  async report(reports: readonly UserErased[]): Promise<void> {
    const columns = [reports.map(({ workspace_id }) => workspace_id), reports.map(({ operation_id }) => operation_id), reports.map(({ service }) => service)];
    await query(pool, REPORT, [...columns, ERASING_SERVICES]);
  },

  async find(workspaceId: string, operationId: string): Promise<ErasureRow | null> {
    const [row] = await query<Omit<ErasureRow, 'total'>>(pool, FIND, [workspaceId, operationId]);
    return row === undefined ? null : { ...row, total: ERASING_SERVICES.length };
  },
});
export type ErasureStore = ReturnType<typeof createErasureStore>;

function eraseOwn(tx: ClientBase, workspaceId: string, userId: string): Promise<unknown>[] {
  return ERASE_STATEMENTS.own.map((statement) => tx.query({ ...statement, values: [workspaceId, userId] }));
}
