import type { ClientBase } from 'pg';

export interface UserKey {
  workspaceId: string;
  id: string;
}

export interface LockedUsers {
  /** The database's clock, once the locks were held: the time of the decision. */
  now: string;
  /** The number of each user's latest event, by `userKey`. */
  sequences: Map<string, number>;
  saveSequences(tx: ClientBase, sequences: ReadonlyMap<string, number>): Promise<void>;
}

// In ascending key order, so that two transactions which want the same users wait for each other instead of deadlocking. No key update:
// the rows are also foreign keys' targets.
const LOCK = {
  name: 'users_lock',
  text: `SELECT workspace_id, id, event_sequence FROM users
    WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::text[], $2::text[])) ORDER BY workspace_id, id FOR NO KEY UPDATE`,
};
const NOW = { name: 'now', text: 'SELECT clock_timestamp() AS now' };
const SAVE_SEQUENCES = {
  name: 'users_save_sequences',
  text: `UPDATE users AS u SET event_sequence = s.sequence FROM unnest($1::text[], $2::text[], $3::bigint[]) AS s(workspace_id, id, sequence)
    WHERE u.workspace_id = s.workspace_id AND u.id = s.id`,
};

export const userKey = ({ workspaceId, id }: UserKey) => `${workspaceId}:${id}`;

/** Every transaction that changes a user does this first: so a user's changes, and its events with them, have one order. */
export async function lockUsers(tx: ClientBase, users: readonly UserKey[]): Promise<LockedUsers> {
  const distinct = [...new Map(users.map((user) => [userKey(user), user])).values()];
  const values = [distinct.map(({ workspaceId }) => workspaceId), distinct.map(({ id }) => id)];
  const [{ rows }, clock] = await Promise.all([
    tx.query<{ workspace_id: string; id: string; event_sequence: string }>({ ...LOCK, values }),
    tx.query<{ now: Date }>(NOW),
  ]);
  const sequences = new Map(rows.map((row) => [userKey({ workspaceId: row.workspace_id, id: row.id }), Number(row.event_sequence)]));
  return { now: clock.rows[0]!.now.toISOString(), sequences, saveSequences };
}

async function saveSequences(tx: ClientBase, sequences: ReadonlyMap<string, number>): Promise<void> {
  if (sequences.size === 0) return;
  const keys = [...sequences.keys()].map((key) => key.split(/:(.*)/s));
  await tx.query({ ...SAVE_SEQUENCES, values: [keys.map(([workspaceId]) => workspaceId), keys.map(([, id]) => id), [...sequences.values()]] });
}
