import type { ClientBase } from 'pg';
import { userKey } from '../domain/commands/batch-state.ts';

export interface UserKey {
  workspaceId: string;
  id: string;
}

export interface LockedUsers {
  /** The database's clock, once the locks were held: the time of the decision. */
  now: string;
  /** The number of each user's latest event, by `userKey`. */
  sequences: Map<string, number>;
  /** By `userKey`. */
  timezones: Map<string, string>;
  /** Where each is told of changes, beside the feed, by `userKey`. */
  channels: Map<string, string[]>;
  saveSequences(tx: ClientBase, sequences: ReadonlyMap<string, number>): Promise<void>;
}

// In ascending key order, so that two transactions which want the same users wait for each other instead of deadlocking. No key update:
// the rows are also foreign keys' targets.
const LOCK = {
  name: 'users_lock',
  text: `SELECT workspace_id, id, event_sequence, timezone, channels FROM users
    WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::text[], $2::text[])) ORDER BY workspace_id, id FOR NO KEY UPDATE`,
};
const NOW = { name: 'now', text: 'SELECT clock_timestamp() AS now' };
const SAVE_SEQUENCES = {
  name: 'users_save_sequences',
  text: `UPDATE users AS u SET event_sequence = s.sequence FROM unnest($1::text[], $2::text[], $3::bigint[]) AS s(workspace_id, id, sequence)
    WHERE u.workspace_id = s.workspace_id AND u.id = s.id`,
};

export interface LockedRow {
  workspace_id: string;
  id: string;
  event_sequence: string;
  timezone: string;
  channels: string[];
}

/** Every transaction that changes a user does this first: so a user's changes, and its events with them, have one order. */
export async function lockUsers(tx: ClientBase, users: readonly UserKey[]): Promise<LockedUsers> {
  const distinct = distinctUsers(users);
  const [{ rows }, now] = await Promise.all([tx.query<LockedRow>({ ...LOCK, values: columnsOf(distinct) }), readClock(tx)]);
  return lockedUsers(rows, now);
}

export const distinctUsers = (users: readonly UserKey[]): UserKey[] => [...new Map(users.map((user) => [userKey(user), user])).values()];

export const columnsOf = (users: readonly UserKey[]): [string[], string[]] => [users.map(({ workspaceId }) => workspaceId), users.map(({ id }) => id)];

async function readClock(tx: ClientBase): Promise<string> {
  const { rows } = await tx.query<{ now: Date }>(NOW);
  return rows[0]!.now.toISOString();
}

export function lockedUsers(rows: readonly LockedRow[], now: string): LockedUsers {
  const byKey = rows.map((row) => [userKey({ workspaceId: row.workspace_id, id: row.id }), row] as const);
  return {
    now,
    sequences: new Map(byKey.map(([key, row]) => [key, Number(row.event_sequence)])),
    timezones: new Map(byKey.map(([key, row]) => [key, row.timezone])),
    channels: new Map(byKey.map(([key, row]) => [key, row.channels])),
    saveSequences,
  };
}

async function saveSequences(tx: ClientBase, sequences: ReadonlyMap<string, number>): Promise<void> {
  if (sequences.size === 0) return;
  await tx.query({ ...SAVE_SEQUENCES, values: [...columnsOf(keysOf(sequences)), [...sequences.values()]] });
}

/** A workspace's id holds no colon; a user's may. */
export const keysOf = (byUserKey: ReadonlyMap<string, unknown> | ReadonlySet<string>): UserKey[] =>
  [...byUserKey.keys()].map((key) => ({ workspaceId: key.slice(0, key.indexOf(':')), id: key.slice(key.indexOf(':') + 1) }));
