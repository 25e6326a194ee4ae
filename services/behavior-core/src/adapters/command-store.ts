import { behaviorEvent, operationAnswer, refusal, type BehaviorCommand } from '@waggle/contracts';
import { transact } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import type { BatchState, Verdict } from '../domain/commands/batch-state.ts';
import type { BatchChanges } from '../domain/commands/decide-batch.ts';
import { loadActivities } from './activity-loader.ts';
import { sequenceEvents } from './event-sequence.ts';
import { lockUsers } from './user-lock.ts';

const FIND_OPERATIONS = {
  name: 'operations_find',
  text: `SELECT o.id, o.outcome, o.refusal, i.result FROM operations o LEFT JOIN inbox i ON i.id = o.command_id
    WHERE (o.workspace_id, o.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
};
const FIND_ANSWERS = { name: 'inbox_find', text: 'SELECT id, result FROM inbox WHERE id = ANY($1::text[])' };

// No ON CONFLICT: an id that is there already means that somebody else decided it meanwhile. The transaction must not commit.
const SAVE_ANSWERS = { name: 'inbox_save', text: 'INSERT INTO inbox (id, result) SELECT * FROM unnest($1::text[], $2::jsonb[])' };

// A redelivered request has its row already.
const SAVE_OPERATIONS = {
  name: 'operations_save',
  text: `INSERT INTO operations (workspace_id, id, kind, creator_user_id, command_id, outcome, refusal, accepted_at)
    SELECT workspace_id, id, 'inbound', creator_user_id, command_id, outcome, refusal, accepted_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[])
      AS o(workspace_id, id, creator_user_id, command_id, outcome, refusal, accepted_at)
    ON CONFLICT DO NOTHING`,
};
const SAVE_OCCURRENCES = {
  name: 'occurrences_save',
  text: `INSERT INTO occurrences (workspace_id, activity_id, local_date, state, channel, at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[])
    ON CONFLICT (workspace_id, activity_id, local_date) DO UPDATE SET state = excluded.state, channel = excluded.channel, at = excluded.at`,
};

interface OperationRow {
  id: string;
  outcome: Verdict['outcome'];
  refusal: unknown;
  result: unknown;
}

/** Locks the users of a batch, shows what must be known, and commits what `decide` says: answers, operations, occurrences and events as one. */
export async function applyCommands(
  pool: Pool,
  commands: readonly BehaviorCommand[],
  decide: (state: BatchState, now: string) => BatchChanges,
): Promise<BatchChanges> {
  return transact(pool, {
    async load(tx) {
      const users = commands.map(({ workspace_id, user_id }) => ({ workspaceId: workspace_id, id: user_id }));
      const [locked, operations, answers, activities] = await Promise.all([
        lockUsers(tx, users),
        findOperations(tx, commands),
        findAnswers(tx, commands),
        loadActivities(tx, commands.map(({ workspace_id, body }) => ({ workspaceId: workspace_id, activityId: body.activity_id, at: body.timestamp }))),
      ]);
      return { state: { operations, answers, activities }, locked };
    },
    decide: ({ state, locked }) => ({ changes: decide(state, locked.now), locked }),
    async save(tx, { changes, locked }) {
      const { sequences, headersOf } = sequenceEvents(changes.events, locked.sequences);
      await Promise.all([
        saveAnswers(tx, changes),
        saveOperations(tx, commands, changes),
        saveOccurrences(tx, changes),
        locked.saveSequences(tx, sequences),
        appendToOutbox(tx, changes.events.map((event) => toRecord(behaviorEvent, event, headersOf(event)))),
      ]);
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
    save: (tx) => saveOperations(tx, [command], { verdicts: [verdict] }),
  });
}

async function findOperations(tx: ClientBase, commands: readonly BehaviorCommand[]): Promise<Map<string, Verdict>> {
  const values = [commands.map(({ workspace_id }) => workspace_id), commands.map(({ operation_id }) => operation_id)];
  const { rows } = await tx.query<OperationRow>({ ...FIND_OPERATIONS, values });
  return new Map(rows.map((row) => [row.id, toVerdict(row)]));
}

function toVerdict({ id, outcome, refusal: why, result }: OperationRow): Verdict {
  if (outcome === 'refused') return { outcome, refusal: refusal.parse(why) };
  const answer = operationAnswer.parse(result);
  return { outcome, answer: answer.operation_id === id ? answer : { ...answer, status: 'duplicate' } };
}

async function findAnswers(tx: ClientBase, commands: readonly BehaviorCommand[]) {
  const { rows } = await tx.query<{ id: string; result: unknown }>({ ...FIND_ANSWERS, values: [commands.map(({ id }) => id)] });
  return new Map(rows.map(({ id, result }) => [id, operationAnswer.parse(result)]));
}

async function saveAnswers(tx: ClientBase, { answers }: BatchChanges): Promise<void> {
  if (answers.size === 0) return;
  await tx.query({ ...SAVE_ANSWERS, values: [[...answers.keys()], [...answers.values()].map((answer) => JSON.stringify(answer))] });
}

async function saveOperations(tx: ClientBase, commands: readonly BehaviorCommand[], { verdicts }: Pick<BatchChanges, 'verdicts'>): Promise<void> {
  const refusals = verdicts.map((verdict) => (verdict.outcome === 'refused' ? JSON.stringify(verdict.refusal) : null));
  const columns = [
    commands.map(({ workspace_id }) => workspace_id),
    commands.map(({ operation_id }) => operation_id),
    commands.map(({ creator_user_id }) => creator_user_id),
    commands.map(({ id }) => id),
    verdicts.map(({ outcome }) => outcome),
    refusals,
    commands.map(({ accepted_at }) => accepted_at),
  ];
  await tx.query({ ...SAVE_OPERATIONS, values: columns });
}

async function saveOccurrences(tx: ClientBase, { occurrences }: BatchChanges): Promise<void> {
  const changed = [...occurrences.values()];
  if (changed.length === 0) return;
  const columns = [
    changed.map(({ workspaceId }) => workspaceId),
    changed.map(({ activityId }) => activityId),
    changed.map(({ occurrence }) => occurrence.date),
    changed.map(({ occurrence }) => occurrence.state),
    changed.map(({ occurrence }) => occurrence.channel),
    changed.map(({ occurrence }) => occurrence.at),
  ];
  await tx.query({ ...SAVE_OCCURRENCES, values: columns });
}
