import type { BulkResult } from '@waggle/contracts';
import { transact } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import type { BatchChanges } from '../../domain/commands/batch-changes.ts';
import type { BatchState } from '../../domain/commands/batch-state.ts';
import type { BulkPart } from '../../domain/bulk/plan-turns.ts';
import { resultOf, toInstruction, type BulkInstruction } from '../../domain/bulk/item-result.ts';
import { loadBatch, saveBatch, transactBatch } from '../batch-store.ts';

/** Where an operation stands after a turn. */
export interface Progress {
  workspaceId: string;
  operationId: string;
  isSynchronous: boolean;
  isCompleted: boolean;
}

export interface TurnOutcome {
  progress: Progress[];
  events: BatchChanges['events'];
}

export type DecideItems = (instructions: readonly BulkInstruction[], state: BatchState, now: string) => BatchChanges;

interface ResultRow extends BulkResult {
  workspaceId: string;
  operationId: string;
  userId: string | null;
}

// LIMIT keeps it a look into the index per item: a plan that was made while the table was small would read all of it, turn after turn.
// What failed for a fault of ours (`recordPoisoned`) is not done: it may be put back once the fault is mended.
const FIND_DONE = {
  name: 'bulk_results_find',
  text: `SELECT i.workspace_id, i.operation_id, i.index FROM unnest($1::text[], $2::text[], $3::int[]) AS i(workspace_id, operation_id, index)
    CROSS JOIN LATERAL (
      SELECT 1 FROM bulk_results r WHERE r.workspace_id = i.workspace_id AND r.operation_id = i.operation_id AND r.index = i.index AND (r.error ->> 'code') IS DISTINCT FROM 'internal' LIMIT 1
    ) AS done`,
};

// Counted is what is inserted, so that a redelivered item counts once; what takes the place of a fault of ours was counted, and may have failed no more. The operation's row is made by whichever of its records comes first;
// it is locked last and in order. More may be done than its total: an upload does not count what Kafka took without saying so. Who is not there (any more) is not named either: an erased user's late items leave no id.
const SAVE = {
  name: 'bulk_save',
  text: `WITH inserted AS (
      INSERT INTO bulk_results (workspace_id, operation_id, index, user_id, status, activity_id, error)
      SELECT r.workspace_id, operation_id, index, u.id, status, activity_id, error
      FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
        AS r(workspace_id, operation_id, index, user_id, status, activity_id, error) LEFT JOIN users u ON u.workspace_id = r.workspace_id AND u.id = r.user_id
      ON CONFLICT (workspace_id, operation_id, index) DO UPDATE SET status = excluded.status, activity_id = excluded.activity_id, error = excluded.error
        WHERE (bulk_results.error ->> 'code') = 'internal'
      RETURNING workspace_id, operation_id, status, xmax = 0 AS is_new
    ),
    counts AS (
      SELECT workspace_id, operation_id AS id, (count(*) FILTER (WHERE is_new))::int AS done,
        (count(*) FILTER (WHERE is_new AND status = 'failed') - count(*) FILTER (WHERE NOT is_new AND status <> 'failed'))::int AS failed
      FROM inserted GROUP BY workspace_id, operation_id
    ),
    heads AS (
      SELECT * FROM unnest($8::text[], $9::text[], $10::text[], $11::boolean[], $12::int[], $13::timestamptz[])
        AS h(workspace_id, id, creator_user_id, is_synchronous, total, accepted_at)
    )
    INSERT INTO bulk_operations AS o (workspace_id, id, creator_user_id, is_synchronous, total, accepted_at, done, failed, completed_at)
    SELECT h.workspace_id, h.id, (SELECT u.id FROM users u WHERE u.workspace_id = h.workspace_id AND u.id = h.creator_user_id), h.is_synchronous, h.total, h.accepted_at, coalesce(c.done, 0), coalesce(c.failed, 0),
      CASE WHEN h.total <= coalesce(c.done, 0) THEN clock_timestamp() END
    FROM heads h LEFT JOIN counts c USING (workspace_id, id) ORDER BY h.workspace_id, h.id
    ON CONFLICT (workspace_id, id) DO UPDATE SET done = o.done + excluded.done, failed = o.failed + excluded.failed, total = coalesce(o.total, excluded.total),
      completed_at = coalesce(o.completed_at, CASE WHEN coalesce(o.total, excluded.total) <= o.done + excluded.done THEN clock_timestamp() END)
    RETURNING workspace_id AS "workspaceId", id AS "operationId", is_synchronous AS "isSynchronous", completed_at IS NOT NULL AS "isCompleted"`,
};

export const createBulkStore = (pool: Pool) => ({
  /**
   * One turn is one transaction, or some more where its effects are large: locks, decisions, effects, events, results and progress. What was
   * done before is left out.
   */
  async applyTurn(turn: readonly BulkPart[], decide: DecideItems): Promise<TurnOutcome> {
    let left = distinct(turn.flatMap((part) => part.items.map((item) => toInstruction(part, item))));
    const events: BatchChanges['events'] = [];
    for (;;) {
      const outcome = await applyOnce(pool, turn, left, decide);
      events.push(...outcome.events);
      if (outcome.left.length === 0) return { progress: outcome.progress, events };
      left = outcome.left;
    }
  },



  /** For what fails however often it is tried. */
  async recordPoisoned(part: BulkPart): Promise<Progress[]> {
    const error = { code: 'internal', detail: 'The item could not be processed' };
    const results = part.items.map((item) => toRow(toInstruction(part, item), { index: item.index, status: 'failed', activity_id: null, error }));
    return transact(pool, { load: async () => {}, decide: () => results, save: (tx) => saveResults(tx, [part], [...results, ...toRefusedRows(part)]) });
  },
});

interface Place {
  workspaceId: string;
  operationId: string;
  index: number;
}
const placeOf = ({ workspaceId, operationId, index }: Place) => `${workspaceId}:${operationId}:${index}`;

/** `left`: what was not decided, because the effects of what was are large. */
async function applyOnce(pool: Pool, turn: readonly BulkPart[], instructions: readonly BulkInstruction[], decide: DecideItems): Promise<TurnOutcome & { left: BulkInstruction[] }> {
  return transactBatch(pool, {
    async load(tx) {
      const [batch, done] = await Promise.all([loadBatch(tx, instructions), findDone(tx, instructions)]);
      return { ...batch, fresh: instructions.filter((instruction) => !done.has(placeOf(instruction))) };
    },
    decide: (loaded) => ({ loaded, changes: decide(loaded.fresh, loaded.state, loaded.locked.now) }),
    async save(tx, { loaded: { fresh, ...loaded }, changes }) {
      const results = changes.verdicts.map((verdict, at) => toRow(fresh[at]!, resultOf(fresh[at]!, verdict)));
      const [, progress] = await Promise.all([saveBatch(tx, changes, loaded), saveResults(tx, turn, [...results, ...turn.flatMap(toRefusedRows)])]);
      return { progress, events: changes.events, left: fresh.slice(changes.verdicts.length) };
    },
  });
}

/** A record that is delivered again within the turn is decided once, like one that is delivered again later. */
const distinct = <Item extends Place>(items: readonly Item[]): Item[] => [...new Map(items.map((item) => [placeOf(item), item])).values()];

/** To be sent behind the locks: whoever had them before has committed by then. */
async function findDone(tx: ClientBase, instructions: readonly BulkInstruction[]): Promise<Set<string>> {
  if (instructions.length === 0) return new Set();
  const values = [instructions.map(({ workspaceId }) => workspaceId), instructions.map(({ operationId }) => operationId), instructions.map(({ index }) => index)];
  const { rows } = await tx.query<{ workspace_id: string; operation_id: string; index: number }>({ ...FIND_DONE, values });
  return new Set(rows.map(({ workspace_id: workspaceId, operation_id: operationId, index }) => placeOf({ workspaceId, operationId, index })));
}

function toRow({ workspaceId, operationId, userId }: BulkInstruction, result: BulkResult): ResultRow {
  return { workspaceId, operationId, userId, ...result };
}

function toRefusedRows({ workspace_id: workspaceId, operation_id: operationId, refused }: BulkPart): ResultRow[] {
  return refused.map((item) => ({ workspaceId, operationId, userId: null, status: 'failed', ...item }));
}

async function saveResults(tx: ClientBase, turn: readonly BulkPart[], rows: readonly ResultRow[]): Promise<Progress[]> {
  const results = distinct(rows);
  const heads = headsOf(turn);
  const columns = [
    results.map(({ workspaceId }) => workspaceId),
    results.map(({ operationId }) => operationId),
    results.map(({ index }) => index),
    results.map(({ userId }) => userId),
    results.map(({ status }) => status),
    results.map(({ activity_id }) => activity_id),
    results.map(({ error }) => error && JSON.stringify(error)),
    heads.map(({ workspace_id }) => workspace_id),
    heads.map(({ operation_id }) => operation_id),
    heads.map(({ creator_user_id }) => creator_user_id),
    heads.map(({ is_synchronous }) => is_synchronous),
    heads.map(({ total }) => total),
    heads.map(({ accepted_at }) => accepted_at),
  ];
  return (await tx.query<Progress>({ ...SAVE, values: columns })).rows;
}

/** One per operation, with its total if any part tells it. */
function headsOf(turn: readonly BulkPart[]): BulkPart[] {
  const byOperation = Map.groupBy(turn, ({ workspace_id, operation_id }) => `${workspace_id}:${operation_id}`);
  return [...byOperation.values()].map((parts) => parts.find(({ total }) => total !== null) ?? parts[0]!);
}
