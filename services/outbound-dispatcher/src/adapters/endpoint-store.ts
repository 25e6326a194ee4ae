import { auditEntry, newId, toUtc, userDigest, type AuditEntry } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import { Unavailable } from '@waggle/runtime';
import type { Pool } from 'pg';
import { SHARE_ERASURES } from './erasure-store.ts';

/** Whose endpoints a caller sees: a system key's all of the workspace, a user key's the user's own. */
export interface EndpointScope {
  workspaceId: string;
  userId: string | null;
}

export interface EndpointRow {
  id: string;
  user_id: string | null;
  url: string;
  event_types: string[];
  description: string | null;
  status: 'enabled' | 'disabled';
  disabled_reason: 'manual' | 'failing' | 'gone' | null;
  created_at: Date;
  updated_at: Date;
}

interface NewEndpoint extends EndpointScope {
  id: string;
  url: string;
  eventTypes: readonly string[];
  description: string | null;
  sealedSecret: string;
}

const COLUMNS = 'id, user_id, url, event_types, description, status, disabled_reason, created_at, updated_at';
const IN_SCOPE = 'workspace_id = $1 AND ($2::text IS NULL OR user_id = $2) AND deleted_at IS NULL';

// An erased user's key is remembered for some seconds: until it is forgotten everywhere, no endpoint is made under that name.
const FIND_JUST_ERASED = {
  name: 'endpoint_find_just_erased',
  text: `SELECT FROM erased_users WHERE workspace_id = $1 AND user_digest = $2 AND received_at > clock_timestamp() - interval '10 s'`,
};

// Whoever reads the counter's new value sees the row.
const INSERT = {
  name: 'endpoint_insert',
  text: `WITH changes AS (UPDATE endpoint_changes SET counter = counter + 1 RETURNING counter)
    INSERT INTO endpoints (workspace_id, id, user_id, url, event_types, description, sealed_secret, change)
    SELECT $1, $2, $3, $4, $5::text[], $6, $7, counter FROM changes
    RETURNING ${COLUMNS}`,
};

const LIST = {
  name: 'endpoint_list',
  text: `SELECT ${COLUMNS} FROM endpoints WHERE ${IN_SCOPE} AND ($3::text IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
};

const FIND = { name: 'endpoint_find', text: `SELECT ${COLUMNS} FROM endpoints WHERE ${IN_SCOPE} AND id = $3` };

const LOCK = { name: 'endpoint_lock', text: `SELECT user_id FROM endpoints WHERE ${IN_SCOPE} AND id = $3 FOR UPDATE` };

// The row stays, because its deliveries are still listed; its secret goes.
const DELETE = {
  name: 'endpoint_delete',
  text: `WITH changes AS (UPDATE endpoint_changes SET counter = counter + 1 RETURNING counter)
    UPDATE endpoints SET deleted_at = now(), updated_at = now(), sealed_secret = '', change = counter FROM changes
    WHERE ${IN_SCOPE} AND endpoints.id = $3
    RETURNING endpoints.id`,
};

/** Who administers, and by which request: for the audit log. */
export interface Administrator {
  keyId: string;
  requestId: string;
}

/** A moment later the key is forgotten, or belongs to a user who came again. */
class OwnerErased extends Unavailable {}

/** Administration of endpoints. What fan-out and attempts know of them is the directory's. */
export const createEndpointStore = (pool: Pool) => ({
  async insert(by: Administrator, { workspaceId, id, userId, url, eventTypes, description, sealedSecret }: NewEndpoint): Promise<EndpointRow> {
    const digest = userId === null ? null : userDigest({ workspace_id: workspaceId, user_id: userId });
    return transact(pool, {
      async load(tx) {
        const [, erased] = await Promise.all([tx.query(SHARE_ERASURES), tx.query({ ...FIND_JUST_ERASED, values: [workspaceId, digest] })]);
        return erased.rows.length > 0;
      },
      decide(isJustErased) {
        if (isJustErased) throw new OwnerErased('The user is being erased');
      },
      async save(tx) {
        const values = [workspaceId, id, userId, url, eventTypes, description, sealedSecret];
        const record = toAuditRecord(by, 'endpoint.created', { workspaceId, userId, id });
        const [inserted] = await Promise.all([tx.query<EndpointRow>({ ...INSERT, values }), appendToOutbox(tx, [record])]);
        return inserted.rows[0]!;
      },
    });
  },
  /** Newest first, one more than `limit` where there is more. */
  list: ({ workspaceId, userId }: EndpointScope, { before, limit }: { before: string | null; limit: number }): Promise<EndpointRow[]> =>
    query<EndpointRow>(pool, LIST, [workspaceId, userId, before, limit + 1]),
  async find({ workspaceId, userId }: EndpointScope, id: string): Promise<EndpointRow | null> {
    const [row] = await query<EndpointRow>(pool, FIND, [workspaceId, userId, id]);
    return row ?? null;
  },
  /** False when there is none. */
  async remove(by: Administrator, { workspaceId, userId }: EndpointScope, id: string): Promise<boolean> {
    const values = [workspaceId, userId, id];
    return transact(pool, {
      load: async (tx) => (await tx.query<{ user_id: string | null }>({ ...LOCK, values })).rows[0],
      decide: (found) => found,
      async save(tx, found) {
        if (found === undefined) return false;
        const record = toAuditRecord(by, 'endpoint.deleted', { workspaceId, userId: found.user_id, id });
        await Promise.all([tx.query({ ...DELETE, values }), appendToOutbox(tx, [record])]);
        return true;
      },
    });
  },
});
export type EndpointStore = ReturnType<typeof createEndpointStore>;

/** The audit log is the core's. */
function toAuditRecord({ keyId, requestId }: Administrator, action: AuditEntry['action'], { workspaceId, userId, id }: EndpointScope & { id: string }) {
  const who = { workspace_id: workspaceId, key_id: keyId, request_id: requestId, user_id: userId };
  return toRecord(auditEntry, { id: newId('aud'), at: toUtc(new Date()), action, target: { kind: 'endpoint', id }, ...who });
}
