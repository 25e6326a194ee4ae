import { refusal, type BehaviorCommand, type OperationResult, type Refusal } from '@waggle/contracts';
import { transact } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import type { Verdict } from '../domain/commands/batch-state.ts';
import type { Applied, BatchChanges } from '../domain/commands/batch-changes.ts';
import type { Instruction } from '../domain/commands/instruction.ts';
import { loadBatch, saveBatch, transactBatch, type Decide } from './batch-store.ts';

// Who was refused for a fault of ours (`recordPoisoned`) has not been decided: its record may be put back once the fault is mended.
export const FIND_OPERATIONS = {
  name: 'operations_find',
  text: `SELECT o.id, o.outcome, o.refusal, i.result FROM operations o LEFT JOIN inbox i ON i.id = o.command_id
    WHERE (o.workspace_id, o.id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND (o.refusal ->> 'code') IS DISTINCT FROM 'internal'`,
};

// A redelivered request has its row already; only a fault of ours is written over. Who is not there (any more) is not named either: an erased user's late requests leave no id.
const SAVE_OPERATIONS = {
  name: 'operations_save',
  text: `INSERT INTO operations (workspace_id, id, kind, user_id, creator_user_id, command_id, outcome, refusal, accepted_at)
    SELECT o.workspace_id, o.id, 'inbound', u.id, CASE WHEN u.id IS NOT NULL THEN creator_user_id END, command_id, outcome, refusal, accepted_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::timestamptz[])
      AS o(workspace_id, id, user_id, creator_user_id, command_id, outcome, refusal, accepted_at)
      LEFT JOIN users u ON u.workspace_id = o.workspace_id AND u.id = o.user_id
    ORDER BY o.workspace_id, o.id
    ON CONFLICT (workspace_id, id) DO UPDATE SET outcome = excluded.outcome, refusal = excluded.refusal WHERE (operations.refusal ->> 'code') = 'internal'`,
};

const NO_LONGER_KEPT: Refusal = { status: 'refused', code: 'internal', detail: 'Its answer is kept no longer' };

interface OperationRow {
  id: string;
  outcome: Verdict['outcome'];
  refusal: unknown;
  result: OperationResult | null;
}

export function toInstruction({ id, digest, operation_id, workspace_id, user_id, creator_user_id, accepted_at, body }: Omit<BehaviorCommand, 'reply_to'>): Instruction {
  return {
    id, digest, operationId: operation_id, workspaceId: workspace_id, userId: user_id, creatorUserId: creator_user_id, acceptedAt: accepted_at, body,
  };
}

/**
 * Locks the users of a batch of single requests, shows what must be known, and commits what `decide` says, with one operation per request.
 * A request that is delivered again within the batch is decided once, like one that is delivered again later.
 */
export async function applyInstructions(pool: Pool, instructions: readonly Instruction[], decide: Decide): Promise<Applied> {
  const requests = [...new Map(instructions.map((instruction) => [instruction.operationId, instruction])).values()];
  const verdicts = new Map<string, Verdict>();
  const events: BatchChanges['events'] = [];
  let left = requests;
  // Nearly always one transaction; what has large effects takes some more.
  while (left.length > 0) {
    const changes = await applyOnce(pool, left, decide);
    for (const [at, verdict] of changes.verdicts.entries()) verdicts.set(left[at]!.operationId, verdict);
    events.push(...changes.events);
    left = left.slice(changes.verdicts.length);
  }
  return { verdicts: instructions.map(({ operationId }) => verdicts.get(operationId)!), events };
}

async function applyOnce(pool: Pool, requests: readonly Instruction[], decide: Decide): Promise<BatchChanges> {
  return transactBatch(pool, {
    async load(tx) {
      const [batch, operations] = await Promise.all([loadBatch(tx, requests), findOperations(tx, requests)]);
      return { ...batch, state: { ...batch.state, operations } };
    },
    decide: (loaded) => ({ loaded, changes: decide(requests, loaded.state, loaded.locked.now) }),
    async save(tx, { loaded, changes }) {
      await Promise.all([saveBatch(tx, changes, loaded), saveOperations(tx, requests.slice(0, changes.verdicts.length), changes.verdicts)]);
      return changes;
    },
  });
}

/** Completes the operation of a command that cannot be handled. */
export async function recordPoisoned(pool: Pool, command: BehaviorCommand): Promise<void> {
  const verdict: Verdict = { outcome: 'refused', refusal: { status: 'refused', code: 'internal', detail: 'The request could not be processed' } };
  await transact(pool, {
    load: async () => {},
    decide: () => verdict,
    save: (tx) => saveOperations(tx, [toInstruction(command)], [verdict]),
  });
}

async function findOperations(tx: ClientBase, instructions: readonly Instruction[]): Promise<Map<string, Verdict>> {
  const values = [instructions.map(({ workspaceId }) => workspaceId), instructions.map(({ operationId }) => operationId)];
  const { rows } = await tx.query<OperationRow>({ ...FIND_OPERATIONS, values });
  return new Map(rows.map((row) => [row.id, toVerdict(row)]));
}

function toVerdict({ id, outcome, refusal: why, result }: OperationRow): Verdict {
  if (outcome === 'refused' || result === null) return { outcome: 'refused', refusal: why === null ? NO_LONGER_KEPT : refusal.parse(why) };
  if (outcome === 'replayed' || result.status === 'refused') return { outcome: 'replayed', result };
  return { outcome, answer: result.operation_id === id ? result : { ...result, status: 'duplicate' } };
}

async function saveOperations(tx: ClientBase, instructions: readonly Instruction[], verdicts: readonly Verdict[]): Promise<void> {
  const refusals = verdicts.map((verdict) => (verdict.outcome === 'refused' ? JSON.stringify(verdict.refusal) : null));
  const columns = [
    instructions.map(({ workspaceId }) => workspaceId),
    instructions.map(({ operationId }) => operationId),
    instructions.map(({ userId }) => userId),
    instructions.map(({ creatorUserId }) => creatorUserId),
    instructions.map(({ id }) => id),
    verdicts.map(({ outcome }) => outcome),
    refusals,
    instructions.map(({ acceptedAt }) => acceptedAt),
  ];
  await tx.query({ ...SAVE_OPERATIONS, values: columns });
}
