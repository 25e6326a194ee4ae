import { query, transact } from '@waggle/database';
import type { Pool } from 'pg';
import type { Settings } from '../../domain/people/settings.ts';

export interface UserRow extends Settings {
  id: string;
  created_at: Date;
  updated_at: Date;
}

export interface UserRef {
  workspaceId: string;
  userId: string;
}

const COLUMNS = `id, name, language, timezone, preferred_reminder_hour, preferred_channels, morning_person, night_owl, created_at, updated_at`;
const FIND = { name: 'user_find', text: `SELECT ${COLUMNS} FROM users WHERE workspace_id = $1 AND id = $2` };
const LIST = { name: 'users_list', text: `SELECT ${COLUMNS} FROM users WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3` };
const CREATE = { name: 'user_create', text: 'INSERT INTO users (workspace_id, id) VALUES ($1, $2) ON CONFLICT DO NOTHING' };
const LOCK = { name: 'user_lock', text: `SELECT ${COLUMNS} FROM users WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE` };
// In another zone the user's days end at other instants, and reminders are due at others: sweeper and scheduler look at once.
const SAVE = {
  name: 'user_save_settings',
  text: `UPDATE users SET name = $3, language = $4, timezone = $5, preferred_reminder_hour = $6, preferred_channels = $7, morning_person = $8, night_owl = $9,
      updated_at = clock_timestamp(), sweep_at = CASE WHEN timezone <> $5 AND sweep_at IS NOT NULL THEN clock_timestamp() ELSE sweep_at END,
      remind_at = CASE WHEN (timezone, preferred_reminder_hour) IS DISTINCT FROM ($5, $6::int) THEN least(remind_at, clock_timestamp()) ELSE remind_at END
    WHERE workspace_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
};

/** Keeps the user from being erased until the end of the transaction, and nothing else. */
export const HOLD_USER = { name: 'user_hold', text: 'SELECT id FROM users WHERE workspace_id = $1 AND id = $2 FOR KEY SHARE' };

export const createUserStore = (pool: Pool) => ({
  async find({ workspaceId, userId }: UserRef): Promise<UserRow | null> {
    return (await query<UserRow>(pool, FIND, [workspaceId, userId]))[0] ?? null;
  },
  /** By id. */
  list(workspaceId: string, { after, limit }: { after: string | null; limit: number }): Promise<UserRow[]> {
    return query<UserRow>(pool, LIST, [workspaceId, after ?? '', limit]);
  },
  /** Null when there is no such user, and none may be made. */
  async changeSettings({ workspaceId, userId }: UserRef, change: (before: Settings) => Settings, mayCreate: boolean): Promise<UserRow | null> {
    const user = [workspaceId, userId];
    return transact(pool, {
      async load(tx) {
        const [, locked] = await Promise.all([mayCreate ? tx.query({ ...CREATE, values: user }) : undefined, tx.query<UserRow>({ ...LOCK, values: user })]);
        return locked.rows[0];
      },
      decide: (before) => before && { before, after: change(before) },
      async save(tx, decision) {
        if (decision === undefined) return null;
        const { name, language, timezone, preferred_reminder_hour, preferred_channels, morning_person, night_owl } = decision.after;
        const values = [...user, name, language, timezone, preferred_reminder_hour, preferred_channels, morning_person, night_owl];
        const { rows } = await tx.query<UserRow>({ ...SAVE, values });
        return rows[0] ?? null;
      },
    });
  },
});
export type UserStore = ReturnType<typeof createUserStore>;
