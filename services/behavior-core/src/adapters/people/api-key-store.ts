import { newId } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import { hashApiKey, makeApiKey, prefixOfApiKey } from '@waggle/http';
import type { Pool } from 'pg';
import { appendAudit, type Administrator } from './audit-log.ts';
import { HOLD_USER } from './user-store.ts';

export interface ApiKeyRow {
  workspace_id: string;
  id: string;
  user_id: string | null;
  label: string;
  key_prefix: string;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

export interface NewKey {
  /** Null for a system key. */
  userId: string | null;
  label: string;
  expiresAt: string | null;
}

/** Whose keys: a user's, or with null the workspace's system keys. */
export interface KeyOwner {
  workspaceId: string;
  userId: string | null;
}

export type Revocation = 'revoked' | 'already_revoked' | 'unknown';

const COLUMNS = 'workspace_id, id, user_id, label, key_prefix, created_at, expires_at, last_used_at';
const CREATE = {
  name: 'api_key_create',
  text: `INSERT INTO api_keys (workspace_id, id, user_id, label, sha256, key_prefix, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
};
const FIND_ACTIVE = {
  name: 'api_key_find_active',
  text: `SELECT ${COLUMNS} FROM api_keys WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
};
const FIND = { name: 'api_key_find', text: `SELECT ${COLUMNS} FROM api_keys WHERE workspace_id = $1 AND id = $2` };
const listWhere = (owner: string) => `SELECT ${COLUMNS} FROM api_keys WHERE workspace_id = $1 AND ${owner} AND revoked_at IS NULL AND id > $2 ORDER BY id LIMIT $3`;
const LIST_OF_WORKSPACE = { name: 'api_keys_of_workspace', text: listWhere('user_id IS NULL') };
const LIST_OF_USER = { name: 'api_keys_of_user', text: listWhere('user_id = $4') };
const LOCK = { name: 'api_key_lock', text: 'SELECT user_id, revoked_at FROM api_keys WHERE workspace_id = $1 AND id = $2 FOR UPDATE' };
const REVOKE = { name: 'api_key_revoke', text: 'UPDATE api_keys SET revoked_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2' };

export const createApiKeyStore = (pool: Pool) => ({
  /** The key's text is in this answer and nowhere else. Null when there is no such user. */
  async create(by: Administrator, { userId, label, expiresAt }: NewKey): Promise<{ row: ApiKeyRow; apiKey: string } | null> {
    const { workspaceId } = by;
    const [id, apiKey] = [newId('key'), makeApiKey()];
    return transact(pool, {
      // Held against an erasure: a key that is made meanwhile must not outlive its owner.
      load: async (tx) => userId === null || (await tx.query({ ...HOLD_USER, values: [workspaceId, userId] })).rows.length > 0,
      decide: (isOwned) => isOwned,
      async save(tx, isOwned) {
        if (!isOwned) return null;
        const values = [workspaceId, id, userId, label, hashApiKey(apiKey), prefixOfApiKey(apiKey), expiresAt];
        const details = { type: userId === null ? 'system' : 'user', expires_at: expiresAt };
        const [made] = await Promise.all([
          tx.query<ApiKeyRow>({ ...CREATE, values }),
          appendAudit(tx, by, { action: 'api_key.created', target: { kind: 'api_key', id }, userId, details }),
        ]);
        return { row: made.rows[0]!, apiKey };
      },
    });
  },

  /** `userId`: sees that user's keys only; null sees all of the workspace's. */
  async revoke(by: Administrator, userId: string | null, id: string): Promise<Revocation> {
    return transact(pool, {
      load: async (tx) => (await tx.query<{ user_id: string | null; revoked_at: Date | null }>({ ...LOCK, values: [by.workspaceId, id] })).rows[0],
      decide(key) {
        if (key === undefined || (userId !== null && key.user_id !== userId)) return { kind: 'unknown', owner: null } as const;
        return { kind: key.revoked_at === null ? 'revoked' : 'already_revoked', owner: key.user_id } as const;
      },
      async save(tx, { kind, owner }): Promise<Revocation> {
        if (kind !== 'revoked') return kind;
        await Promise.all([
          tx.query({ ...REVOKE, values: [by.workspaceId, id] }),
          appendAudit(tx, by, { action: 'api_key.revoked', target: { kind: 'api_key', id }, userId: owner }),
        ]);
        return kind;
      },
    });
  },

  async findActive(sha256: string): Promise<ApiKeyRow | null> {
    return (await query<ApiKeyRow>(pool, FIND_ACTIVE, [sha256]))[0] ?? null;
  },
  async find(workspaceId: string, id: string): Promise<ApiKeyRow | null> {
    return (await query<ApiKeyRow>(pool, FIND, [workspaceId, id]))[0] ?? null;
  },
  /** Those that were not revoked, oldest first. */
  list({ workspaceId, userId }: KeyOwner, { after, limit }: { after: string | null; limit: number }): Promise<ApiKeyRow[]> {
    const values = [workspaceId, after ?? '', limit];
    return userId === null ? query<ApiKeyRow>(pool, LIST_OF_WORKSPACE, values) : query<ApiKeyRow>(pool, LIST_OF_USER, [...values, userId]);
  },
});
export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;
