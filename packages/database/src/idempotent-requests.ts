import type { SealedBox } from '@waggle/runtime';
import type { ClientBase } from 'pg';
import type { Database } from './database.ts';
import { classifyFailure } from './failure.ts';
import { query } from './transact.ts';

/** `id`: a digest of who asks what under which key; `digest`: of what is asked exactly; `users`: whom the answer is about, which the work may find out. */
export interface RequestIdentity {
  workspaceId: string;
  users: ReadonlySet<string>;
  id: string;
  digest: string;
}

export type Execution<Answer> = { kind: 'executed' | 'replayed'; answer: Answer } | { kind: 'reused' } | { kind: 'in_progress' };

const KEPT_HOURS = 24;

// One may wait for the first to end, but the contract answers at once. The lock goes with its holder's transaction, so with its process.
const LOCK = { name: 'idempotency_lock', text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 4711)) AS is_ours' };
const FIND = {
  name: 'idempotency_find',
  text: `SELECT digest, sealed_answer FROM idempotent_requests WHERE workspace_id = $1 AND id = $2 AND created_at > clock_timestamp() - interval '${KEPT_HOURS} hours'`,
};
// One that is there has expired, else it would have been found. Nothing of it may stay: by `user_id` an erasure finds the answer.
const SAVE = {
  name: 'idempotency_save',
  text: `INSERT INTO idempotent_requests (workspace_id, id, digest, sealed_answer, user_id, created_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
    ON CONFLICT (workspace_id, id) DO UPDATE SET digest = excluded.digest, sealed_answer = excluded.sealed_answer, user_id = excluded.user_id, created_at = excluded.created_at`,
};
const REMOVE_EXPIRED = {
  name: 'idempotency_remove_expired',
  text: `DELETE FROM idempotent_requests WHERE (workspace_id, id) IN (
    SELECT workspace_id, id FROM idempotent_requests WHERE created_at < clock_timestamp() - interval '${KEPT_HOURS} hours' LIMIT $1) RETURNING 1 AS removed`,
};

/**
 * Idempotency-Key for a service with a database: the effect and the answer commit as one, so there is never an effect whose answer is not
 * known. Needs a table `idempotent_requests`. Answers are sealed, all of them: some hold a secret.
 */
export const createIdempotentRequests = (database: Pick<Database, 'pool' | 'inOneTransaction'>, box: SealedBox) => ({
  /** A rejection of `work` passes through: nothing of it stands, and the request may be sent again. */
  async runOnce<Answer>(request: RequestIdentity, work: () => Promise<Answer>): Promise<Execution<Answer>> {
    const ownerId = `${request.workspaceId}:${request.id}`;
    return database.inOneTransaction(async (tx): Promise<Execution<Answer>> => {
      const [lock, first] = await begin(tx, request).catch((error: unknown) => { throw classifyFailure(error); });
      if (!lock.is_ours) return { kind: 'in_progress' };
      if (first !== undefined && first.digest !== request.digest) return { kind: 'reused' };
      if (first !== undefined) return { kind: 'replayed', answer: JSON.parse(box.open(first.sealed_answer, ownerId)) };
      const answer = await work();
      // One at most: what is about several, ingress keeps.
      const [userId = null] = request.users;
      const values = [request.workspaceId, request.id, request.digest, box.seal(JSON.stringify(answer), ownerId), userId];
      await tx.query({ ...SAVE, values }).catch((error: unknown) => { throw classifyFailure(error); });
      return { kind: 'executed', answer };
    });
  },
  /** At most `countMax` at once; tells how many there were. */
  async removeExpired(countMax: number): Promise<number> {
    return (await query(database.pool, REMOVE_EXPIRED, [countMax])).length;
  },
});

async function begin(tx: ClientBase, { workspaceId, id }: RequestIdentity) {
  const [lock, found] = await Promise.all([
    tx.query<{ is_ours: boolean }>({ ...LOCK, values: [`${workspaceId}:${id}`] }),
    tx.query<{ digest: string; sealed_answer: string }>({ ...FIND, values: [workspaceId, id] }),
  ]);
  return [lock.rows[0]!, found.rows[0]] as const;
}
