import { randomBytes } from 'node:crypto';
import { newId } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import { hashApiKey, makeApiKey, prefixOfApiKey } from '@waggle/http';
import type { Pool } from 'pg';
import { appendAudit, type Administrator } from './audit-log.ts';
import { HOLD_USER } from './user-store.ts';

export interface PortalSessionRow {
  workspace_id: string;
  id: string;
  /** Null: the whole workspace. */
  user_id: string | null;
  token_prefix: string | null;
  expires_at: Date;
}

const CODE_BYTES = 32;
const CODE_SECONDS = 60;
const TOKEN_SECONDS = 3_600;

const COLUMNS = 's.workspace_id, s.id, s.user_id, s.token_prefix, s.expires_at';
const CREATE = {
  name: 'portal_session_create',
  text: `INSERT INTO portal_sessions AS s (workspace_id, id, user_id, made_by, code_sha256, expires_at)
    VALUES ($1, $2, $3, $4, $5, clock_timestamp() + interval '${CODE_SECONDS} seconds') RETURNING ${COLUMNS}`,
};
// A revoked key takes with it what it let in.
const KEY_STANDS = `(s.made_by IS NULL OR EXISTS (SELECT FROM api_keys k WHERE k.workspace_id = s.workspace_id AND k.id = s.made_by
  AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())))`;
const FIND_BY_CODE = { name: 'portal_session_find_by_code', text: `SELECT ${COLUMNS} FROM portal_sessions s WHERE code_sha256 = $1` };
// The row lock of the UPDATE decides between two who come with one code: the second finds a token in it.
const EXCHANGE = {
  name: 'portal_session_exchange',
  text: `UPDATE portal_sessions s SET token_sha256 = $2, token_prefix = $3, expires_at = clock_timestamp() + interval '${TOKEN_SECONDS} seconds'
    WHERE code_sha256 = $1 AND token_sha256 IS NULL AND s.expires_at > clock_timestamp() AND ${KEY_STANDS} RETURNING ${COLUMNS}`,
};
const FIND_ACTIVE = {
  name: 'portal_session_find_active',
  text: `SELECT ${COLUMNS} FROM portal_sessions s WHERE token_sha256 = $1 AND s.expires_at > clock_timestamp() AND ${KEY_STANDS}`,
};
const FIND = { name: 'portal_session_find', text: `SELECT ${COLUMNS} FROM portal_sessions s WHERE workspace_id = $1 AND id = $2` };

const hashCode = hashApiKey;

export const createPortalSessionStore = (pool: Pool) => ({
  /** The code is in this answer and nowhere else. Null when there is no such user. */
  async create(by: Administrator, userId: string | null): Promise<{ code: string; expiresAt: Date } | null> {
    const { workspaceId, keyId } = by;
    const [id, code] = [newId('pss'), randomBytes(CODE_BYTES).toString('base64url')];
    return transact(pool, {
      // Held against an erasure, as for a key.
      load: async (tx) => userId === null || (await tx.query({ ...HOLD_USER, values: [workspaceId, userId] })).rows.length > 0,
      decide: (isKnown) => isKnown,
      async save(tx, isKnown) {
        if (!isKnown) return null;
        const [made] = await Promise.all([
          tx.query<PortalSessionRow>({ ...CREATE, values: [workspaceId, id, userId, keyId, hashCode(code)] }),
          appendAudit(tx, by, { action: 'portal_session.created', target: { kind: 'portal_session', id }, userId }),
        ]);
        return { code, expiresAt: made.rows[0]!.expires_at };
      },
    });
  },

  /** Whose code it is, or was: to be known says nothing of whether it is still good. */
  async findByCode(code: string): Promise<PortalSessionRow | null> {
    return (await query<PortalSessionRow>(pool, FIND_BY_CODE, [hashCode(code)]))[0] ?? null;
  },

  /** Once for each code. Null: used, or too late, or the key that made it is no more. */
  async exchange({ code, requestId }: { code: string; requestId: string }): Promise<{ row: PortalSessionRow; token: string } | null> {
    const token = makeApiKey();
    return transact(pool, {
      load: async (tx) => (await tx.query<PortalSessionRow>({ ...EXCHANGE, values: [hashCode(code), hashApiKey(token), prefixOfApiKey(token)] })).rows[0],
      decide: (row) => row,
      async save(tx, row) {
        if (row === undefined) return null;
        const { workspace_id: workspaceId, id, user_id: userId } = row;
        await appendAudit(tx, { workspaceId, keyId: id, requestId }, { action: 'portal_session.exchanged', target: { kind: 'portal_session', id }, userId });
        return { row, token };
      },
    });
  },

  async findActive(sha256: string): Promise<PortalSessionRow | null> {
    return (await query<PortalSessionRow>(pool, FIND_ACTIVE, [sha256]))[0] ?? null;
  },
  async find(workspaceId: string, id: string): Promise<PortalSessionRow | null> {
    return (await query<PortalSessionRow>(pool, FIND, [workspaceId, id]))[0] ?? null;
  },
});
export type PortalSessionStore = ReturnType<typeof createPortalSessionStore>;
