import { newId } from '@waggle/contracts';
import { query } from '@waggle/database';
import { hashApiKey, makeApiKey, prefixOfApiKey } from '@waggle/http';
import type { Pool } from 'pg';

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
  workspaceId: string;
  userId: string | null;
  label: string;
  expiresAt: string | null;
}

const COLUMNS = 'workspace_id, id, user_id, label, key_prefix, created_at, expires_at, last_used_at';
const CREATE = {
  name: 'api_key_create',
  text: `INSERT INTO api_keys (workspace_id, id, user_id, label, sha256, key_prefix, expires_at)
    SELECT $1, $2, $3, $4, $5, $6, $7 WHERE $3::text IS NULL OR EXISTS (SELECT FROM users WHERE workspace_id = $1 AND id = $3) RETURNING ${COLUMNS}`,
};
const FIND_ACTIVE = {
  name: 'api_key_find_active',
  text: `SELECT ${COLUMNS} FROM api_keys WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
};
const FIND = { name: 'api_key_find', text: `SELECT ${COLUMNS} FROM api_keys WHERE workspace_id = $1 AND id = $2` };

export const createApiKeyStore = (pool: Pool) => ({
  /** The key's text is in this answer and nowhere else. Null when there is no such user. */
  async create({ workspaceId, userId, label, expiresAt }: NewKey): Promise<{ row: ApiKeyRow; apiKey: string } | null> {
    const apiKey = makeApiKey();
    const values = [workspaceId, newId('key'), userId, label, hashApiKey(apiKey), prefixOfApiKey(apiKey), expiresAt];
    const [row] = await query<ApiKeyRow>(pool, CREATE, values);
    return row === undefined ? null : { row, apiKey };
  },
  async findActive(sha256: string): Promise<ApiKeyRow | null> {
    return (await query<ApiKeyRow>(pool, FIND_ACTIVE, [sha256]))[0] ?? null;
  },
  async find(workspaceId: string, id: string): Promise<ApiKeyRow | null> {
    return (await query<ApiKeyRow>(pool, FIND, [workspaceId, id]))[0] ?? null;
  },
});
export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;
