import { auditEntry, newId, toUtc, type AuditEntry, type DisabledReason, type EndpointOrdering } from '@waggle/contracts';
import { toRecord } from '@waggle/kafka';

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
  sealed_headers: string | null;
  ordering: EndpointOrdering;
  max_in_flight: number;
  status: 'enabled' | 'disabled';
  disabled_reason: DisabledReason | null;
  previous_secret_until: Date | null;
  paused_until: Date | null;
  created_at: Date;
  updated_at: Date;
}

export interface EndpointSettings {
  url: string;
  eventTypes: readonly string[];
  description: string | null;
  sealedHeaders: string | null;
  ordering: EndpointOrdering;
  maxInFlight: number;
}

/** Who administers, and by which request: for the audit log. */
export interface Administrator {
  keyId: string;
  requestId: string;
}

export const COLUMNS = `id, user_id, url, event_types, description, sealed_headers, ordering, max_in_flight, status, disabled_reason,
  CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until, paused_until, created_at, updated_at`;
export const IN_SCOPE = 'workspace_id = $1 AND ($2::text IS NULL OR user_id = $2) AND deleted_at IS NULL';

export const FIND = { name: 'endpoint_find', text: `SELECT ${COLUMNS} FROM endpoints WHERE ${IN_SCOPE} AND id = $3` };
// Before the rows, as every change does: so changes wait for each other and never in a circle, and a count stays true until the insert.
export const LOCK_CHANGES = { name: 'endpoint_changes_lock', text: 'SELECT FROM endpoint_changes FOR UPDATE' };
// Whoever reads the counter's new value sees the row.
export const COUNTED = 'WITH changes AS (UPDATE endpoint_changes SET counter = counter + 1 RETURNING counter)';

/** The audit log is the core's. */
export function toAuditRecord({ keyId, requestId }: Administrator, action: AuditEntry['action'], { workspaceId, userId, id }: EndpointScope & { id: string }) {
  const who = { workspace_id: workspaceId, key_id: keyId, request_id: requestId, user_id: userId };
  return toRecord(auditEntry, { id: newId('aud'), at: toUtc(new Date()), action, target: { kind: 'endpoint', id }, ...who });
}
