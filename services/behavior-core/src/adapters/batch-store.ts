import { type ActivityType, type OperationResult } from '@waggle/contracts';
import { appendToOutbox } from '@waggle/outbox';
import { isUniqueViolation, joinJson, transact, type Steps } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import { appliedKey, templateKey, userKey, type BatchState, type LoadedUser, type Remembered } from '../domain/commands/batch-state.ts';
import type { BatchChanges } from '../domain/commands/batch-changes.ts';
import type { Instruction } from '../domain/commands/instruction.ts';
import { loadActivities, type Wanted } from './activity-loader.ts';
import { insertActivities, saveOccurrences, saveSweeps } from './activity-statements.ts';
import { markReminders } from './reminders/remind-marks.ts';
import { toldRecords } from './told-records.ts';
import { columnsOf, distinctUsers, keysOf, lockUsers, type LockedUsers, type UserKey } from './user-lock.ts';

// An Idempotency-Key is known for 24 hours; its row stays longer, for the operation that refers to it.
const IS_EXPIRED = "digest IS NOT NULL AND decided_at <= clock_timestamp() - interval '24 hours'";
const FIND_ANSWERS = { name: 'inbox_find', text: `SELECT id, digest, result FROM inbox WHERE id = ANY($1::text[]) AND NOT (${IS_EXPIRED})` };
const REMOVE_EXPIRED = { name: 'inbox_remove_expired', text: `DELETE FROM inbox WHERE id = ANY($1::text[]) AND ${IS_EXPIRED}` };

// No ON CONFLICT: an id that is there already means that somebody else decided it meanwhile. The transaction must not commit.
const SAVE_ANSWERS = {
  name: 'inbox_save',
  text: `INSERT INTO inbox (id, workspace_id, user_id, digest, result) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], string_to_array($5, E'\\x1f')::jsonb[])`,
};

const COMPLETE_ANSWERS = {
  name: 'inbox_complete',
  text: `UPDATE inbox SET result = c.result FROM unnest($1::text[], string_to_array($2, E'\\x1f')::jsonb[]) AS c(id, result) WHERE inbox.id = c.id`,
};

// In ascending order, as the locks: two batches that bring the same users along wait for each other.
const CREATE_USERS = {
  name: 'users_create',
  text: `INSERT INTO users (workspace_id, id) SELECT * FROM unnest($1::text[], $2::text[]) AS u(workspace_id, id) ORDER BY workspace_id, id
    ON CONFLICT DO NOTHING RETURNING workspace_id AS "workspaceId", id`,
};
const REMOVE_USERS = { name: 'users_remove', text: 'DELETE FROM users WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))' };

// A task that is done takes nobody's place.
const COUNT_ACTIVE = {
  name: 'activities_count_active',
  text: `SELECT a.workspace_id AS "workspaceId", a.user_id AS id, a.type, count(*)::int AS count FROM activities a
    WHERE (a.workspace_id, a.user_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND a.archived_at IS NULL
      AND (a.type <> 'task' OR NOT EXISTS (SELECT FROM occurrences o WHERE o.workspace_id = a.workspace_id AND o.activity_id = a.id AND o.state = 'done'))
    GROUP BY a.workspace_id, a.user_id, a.type`,
};
const FIND_TEMPLATES = {
  name: 'templates_find',
  text: 'SELECT workspace_id, name, activities FROM activity_templates WHERE (workspace_id, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))',
};
const FIND_APPLIED = {
  name: 'applied_templates_find',
  text: `SELECT workspace_id, user_id, name FROM applied_templates
    WHERE (workspace_id, user_id, name) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
};
const SAVE_APPLIED = {
  name: 'applied_templates_save',
  text: 'INSERT INTO applied_templates (workspace_id, user_id, name) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])',
};

export type Decide = (instructions: readonly Instruction[], state: BatchState, now: string) => BatchChanges;

/** What is known of a batch once its users are locked. */
export interface LoadedBatch {
  /** Requests that were decided before are not in it: whoever keeps operations adds them. */
  state: BatchState;
  locked: LockedUsers;
  newUsers: UserKey[];
}

/** Locks the users of the instructions and loads all that deciding needs. Sends at once: whatever the batch's size, the same few statements. */
export async function loadBatch(tx: ClientBase, instructions: readonly Instruction[]): Promise<LoadedBatch> {
  const creating = instructions.filter(({ body }) => body.event === 'onboarding.completed' || body.event === 'activity.create');
  const [newUsers, locked, answers, activities, active, templates, applied] = await Promise.all([
    createUsers(tx, creating.filter(bringsUsers)),
    lockUsers(tx, instructions.map(toUser)),
    findAnswers(tx, instructions),
    loadActivities(tx, instructions.flatMap(toWanted)),
    countActive(tx, distinctUsers(creating.map(toUser))),
    findTemplates(tx, creating),
    findApplied(tx, creating),
  ]);
  const isNew = new Set(newUsers.map(userKey));
  const users = new Map([...locked.timezones].map(([key, timezone]): [string, LoadedUser] => [key, { timezone, isNew: isNew.has(key), active: active.get(key) ?? noneActive() }]));
  return { state: { operations: new Map(), answers, activities, users, templates, applied }, locked, newUsers };
}

/** Keeps what was decided: answers, users, activities, occurrences and events as one. Sends at once. */
export async function saveBatch(tx: ClientBase, changes: BatchChanges, { locked, newUsers }: Pick<LoadedBatch, 'locked' | 'newUsers'>): Promise<void> {
  const { sequences, records } = toldRecords(changes.events, locked, changes.tellings);
  await Promise.all([
    removeUsers(tx, newUsers.filter((user) => !changes.users.has(userKey(user)))),
    saveAnswers(tx, changes.answers),
    completeAnswers(tx, changes.completedAnswers),
    insertActivities(tx, changes.activities),
    saveOccurrences(tx, [...changes.occurrences.values()]),
    saveApplied(tx, changes.applied),
    saveSweeps(tx, keysOf(changes.sweeps), [...changes.sweeps.values()]),
    markReminders(tx, keysOf(changes.looks), [...changes.looks.values()]),
    locked.saveSequences(tx, sequences),
    appendToOutbox(tx, records),
  ]);
}

/** For who keeps no operations: one transaction around `loadBatch` and `saveBatch`. */
export async function applyBatch(pool: Pool, instructions: readonly Instruction[], decide: Decide): Promise<BatchChanges> {
  return transactBatch(pool, {
    load: (tx) => loadBatch(tx, instructions),
    decide: (loaded) => ({ loaded, changes: decide(instructions, loaded.state, loaded.locked.now) }),
    async save(tx, { loaded, changes }) {
      await saveBatch(tx, changes, loaded);
      return changes;
    },
  });
}

/** A transaction around `loadBatch` and `saveBatch`, run once more when another user's creation took the same id meanwhile: the second time it is seen. */
export async function transactBatch<Loaded, Decision, Saved>(pool: Pool, steps: Steps<Loaded, Decision, Saved>): Promise<Saved> {
  return transact(pool, steps).catch((error: unknown) => {
    if (isUniqueViolation(error, 'activities_pkey')) return transact(pool, steps);
    throw error;
  });
}

const toUser = ({ workspaceId, userId }: Instruction): UserKey => ({ workspaceId, id: userId });

/** An onboarding brings its user along, and so does a system key's creation. */
const bringsUsers = ({ body, creatorUserId }: Instruction) => body.event === 'onboarding.completed' || creatorUserId === null;

function toWanted({ workspaceId, acceptedAt, body }: Instruction): Wanted[] {
  if ('activity_id' in body) return [{ workspaceId, activityId: body.activity_id, at: body.timestamp }];
  const creations = body.event === 'activity.create' ? [body.activity] : 'activities' in body ? (body.activities ?? []) : [];
  return creations.flatMap(({ id }) => (id === undefined ? [] : [{ workspaceId, activityId: id, at: acceptedAt }]));
}

async function createUsers(tx: ClientBase, instructions: readonly Instruction[]): Promise<UserKey[]> {
  if (instructions.length === 0) return [];
  const { rows } = await tx.query<UserKey>({ ...CREATE_USERS, values: columnsOf(distinctUsers(instructions.map(toUser))) });
  return rows;
}

async function removeUsers(tx: ClientBase, users: readonly UserKey[]): Promise<void> {
  if (users.length > 0) await tx.query({ ...REMOVE_USERS, values: columnsOf(users) });
}

async function findAnswers(tx: ClientBase, instructions: readonly Instruction[]): Promise<BatchState['answers']> {
  // Nobody else writes it, and its shape is checked where it is written.
  const { rows } = await tx.query<{ id: string; digest: string | null; result: OperationResult }>({ ...FIND_ANSWERS, values: [instructions.map(({ id }) => id)] });
  return new Map(rows.map(({ id, digest, result }) => [id, { digest, result }]));
}

async function saveAnswers(tx: ClientBase, answers: ReadonlyMap<string, Remembered>): Promise<void> {
  if (answers.size === 0) return;
  const kept = [...answers.values()];
  const columns = [
    [...answers.keys()], kept.map(({ workspaceId }) => workspaceId), kept.map(({ userId }) => userId), kept.map(({ digest }) => digest),
    joinJson(kept.map(({ result }) => JSON.stringify(result))),
  ];
  const isKeyed = kept.some(({ digest }) => digest !== null);
  await Promise.all([isKeyed ? tx.query({ ...REMOVE_EXPIRED, values: [[...answers.keys()]] }) : undefined, tx.query({ ...SAVE_ANSWERS, values: columns })]);
}

async function completeAnswers(tx: ClientBase, completed: BatchChanges['completedAnswers']): Promise<void> {
  if (completed.size === 0) return;
  const results = [...completed.values()].map(({ result }) => JSON.stringify(result));
  await tx.query({ ...COMPLETE_ANSWERS, values: [[...completed.keys()], joinJson(results)] });
}

const noneActive = (): Record<ActivityType, number> => ({ habit: 0, task: 0, routine: 0 });

/** How many activities of each type count against the plan's limits, by `userKey`. Sends at once. */
export async function countActive(tx: ClientBase, users: readonly UserKey[]): Promise<Map<string, Record<ActivityType, number>>> {
  if (users.length === 0) return new Map();
  const { rows } = await tx.query<UserKey & { type: ActivityType; count: number }>({ ...COUNT_ACTIVE, values: columnsOf(users) });
  const counts = new Map<string, Record<ActivityType, number>>();
  for (const row of rows) counts.set(userKey(row), { ...(counts.get(userKey(row)) ?? noneActive()), [row.type]: row.count });
  return counts;
}

/** Templates that are named, with whom they are to be applied to. */
function namedTemplates(instructions: readonly Instruction[]) {
  return instructions.flatMap(({ workspaceId, userId, body }) => ('template' in body && body.template !== undefined ? [{ workspaceId, userId, name: body.template }] : []));
}

async function findTemplates(tx: ClientBase, instructions: readonly Instruction[]): Promise<BatchState['templates']> {
  const named = namedTemplates(instructions);
  if (named.length === 0) return new Map();
  const values = [named.map(({ workspaceId }) => workspaceId), named.map(({ name }) => name)];
  const { rows } = await tx.query<{ workspace_id: string; name: string; activities: unknown }>({ ...FIND_TEMPLATES, values });
  return new Map(rows.map(({ workspace_id, name, activities }) => [templateKey(workspace_id, name), activities]));
}

async function findApplied(tx: ClientBase, instructions: readonly Instruction[]): Promise<Set<string>> {
  const named = namedTemplates(instructions);
  if (named.length === 0) return new Set();
  const { rows } = await tx.query<{ workspace_id: string; user_id: string; name: string }>({ ...FIND_APPLIED, values: columnsOfApplied(named) });
  return new Set(rows.map(({ workspace_id, user_id, name }) => appliedKey(workspace_id, user_id, name)));
}

async function saveApplied(tx: ClientBase, applied: BatchChanges['applied']): Promise<void> {
  if (applied.length > 0) await tx.query({ ...SAVE_APPLIED, values: columnsOfApplied(applied) });
}

const columnsOfApplied = (applied: BatchChanges['applied']) =>
  [applied.map(({ workspaceId }) => workspaceId), applied.map(({ userId }) => userId), applied.map(({ name }) => name)];
