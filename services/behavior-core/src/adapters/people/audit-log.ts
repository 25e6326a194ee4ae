import { newId, userDigest, type AuditAction, type AuditEntry, type AuditEntryView, type AuditFilters } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import type { Prisma, PrismaClient } from '../../generated/prisma/client.ts';

/** Who administers, and by which request. Both null: the operator's command. */
export interface Administrator {
  workspaceId: string;
  keyId: string | null;
  requestId: string | null;
}

export interface Deed {
  action: AuditAction;
  target: { kind: AuditEntryView['target']['kind']; id: string };
  /** The user whom it is about. No name or label may stand in `details`: they outlive the user. */
  userId?: string | null;
  details?: Record<string, string | null>;
}

export interface AuditRow {
  id: string;
  at: Date;
  action: AuditAction;
  key_id: string | null;
  request_id: string | null;
  target_kind: AuditEntryView['target']['kind'];
  target_id: string | null;
  user_id: string | null;
  details: Record<string, unknown>;
}

const APPEND = {
  name: 'audit_append',
  text: `INSERT INTO audit_log (workspace_id, id, at, action, key_id, request_id, target_kind, target_id, user_id, user_digest, details)
    VALUES ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8, $9, $10)`,
};

// It may come twice. A user who is erased by then, or came again since, is not named.
const RECORD = {
  name: 'audit_record',
  text: `INSERT INTO audit_log (workspace_id, id, at, action, key_id, request_id, target_kind, target_id, user_id, user_digest, details)
    SELECT e.workspace_id, e.id, e.at, e.action, e.key_id, e.request_id, e.target_kind, e.target_id, u.id, e.user_digest, '{}'
    FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
      AS e(workspace_id, id, at, action, key_id, request_id, target_kind, target_id, user_id, user_digest)
      LEFT JOIN users u ON u.workspace_id = e.workspace_id AND u.id = e.user_id
        AND NOT EXISTS (SELECT FROM erasures x WHERE x.workspace_id = e.workspace_id AND x.user_digest = e.user_digest AND x.erased_at >= e.at)
    ON CONFLICT DO NOTHING`,
};

// Two statements, since a prepared plan could not choose the index by user for the one and the primary key for the other.
const COLUMNS = 'id, at, action, key_id, request_id, target_kind, target_id, user_id, details';
const FILTERS = `workspace_id = $1 AND ($2::text IS NULL OR id < $2) AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR key_id = $4)
  AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)`;
const LIST = { name: 'audit_list', text: `SELECT ${COLUMNS} FROM audit_log WHERE ${FILTERS} ORDER BY id DESC LIMIT $7` };
const LIST_OF_USER = { name: 'audit_list_of_user', text: `SELECT ${COLUMNS} FROM audit_log WHERE ${FILTERS} AND user_digest = $8 ORDER BY id DESC LIMIT $7` };

/** A new entry, in Prisma's names. */
function toEntry({ workspaceId, keyId, requestId }: Administrator, { action, target, userId = null, details = {} }: Deed) {
  const digest = userId === null ? null : userDigest({ workspace_id: workspaceId, user_id: userId });
  return { workspaceId, id: newId('aud'), action, keyId, requestId, targetKind: target.kind, targetId: target.id, userId, userDigest: digest, details };
}

/** In the transaction of what was done. Sends at once. */
export async function appendAudit(tx: ClientBase, by: Administrator, deed: Deed): Promise<void> {
  const { workspaceId, id, action, keyId, requestId, targetKind, targetId, userId, userDigest: digest, details } = toEntry(by, deed);
  await tx.query({ ...APPEND, values: [workspaceId, id, action, keyId, requestId, targetKind, targetId, userId, digest, JSON.stringify(details)] });
}

/** A creation by Prisma and its entry, as one. */
export function createAudited<Row extends { id: string | number }>(
  prisma: PrismaClient,
  by: Administrator,
  kind: 'campaign' | 'campaign_task' | 'inapp_key',
  create: (tx: Prisma.TransactionClient) => Promise<Row>,
): Promise<Row> {
  return prisma.$transaction(async (tx) => {
    const row = await create(tx);
    await tx.auditEntry.create({ data: toEntry(by, { action: `${kind}.created`, target: { kind, id: String(row.id) } }) });
    return row;
  });
}

export const createAuditLog = (pool: Pool) => ({
  /** What others have administered. */
  async record(entries: readonly AuditEntry[]): Promise<void> {
    const columns = [
      entries.map(({ workspace_id }) => workspace_id),
      entries.map(({ id }) => id),
      entries.map(({ at }) => at),
      entries.map(({ action }) => action),
      entries.map(({ key_id }) => key_id),
      entries.map(({ request_id }) => request_id),
      entries.map(({ target }) => target.kind),
      entries.map(({ target }) => target.id),
      entries.map(({ user_id }) => user_id),
      entries.map(({ workspace_id, user_id }) => (user_id === null ? null : userDigest({ workspace_id, user_id }))),
    ];
    await query(pool, RECORD, columns);
  },

  /** Newest first. An erased user's entries are found by the id that they no longer show. */
  list(workspaceId: string, filters: AuditFilters, { before, limit }: { before: string | null; limit: number }): Promise<AuditRow[]> {
    const { action, key_id, user_id, since, until } = filters;
    const values = [workspaceId, before, action ?? null, key_id ?? null, since ?? null, until ?? null, limit];
    if (user_id === undefined) return query<AuditRow>(pool, LIST, values);
    return query<AuditRow>(pool, LIST_OF_USER, [...values, userDigest({ workspace_id: workspaceId, user_id })]);
  },
});
export type AuditLog = ReturnType<typeof createAuditLog>;
