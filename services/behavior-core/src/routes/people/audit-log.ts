import { auditListQuery, toUtc, type AuditEntryView } from '@waggle/contracts';
import { answerPage, idPosition, requireSystemKey, type ApiRequest, type Route } from '@waggle/http';
import type { AuditLog, AuditRow } from '../../adapters/people/audit-log.ts';

/** Who administered what in this workspace, newest first. */
export function auditLogRoutes({ auditLog }: { auditLog: AuditLog }): Route[] {
  async function list(request: ApiRequest) {
    requireSystemKey(request.caller);
    return answerPage(request, {
      query: auditListQuery,
      scope: ['audit-log'],
      position: idPosition,
      load: ({ filters, after, limit }) => auditLog.list(request.caller.workspaceId, filters, { before: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toAuditView,
    });
  }
  return [{ method: 'get', path: '/v1/audit-log', handle: list }];
}

export function toAuditView({ id, at, action, key_id, request_id, target_kind: kind, target_id, user_id, details }: AuditRow): AuditEntryView {
  return { id, at: toUtc(at), action, key_id, request_id, target: { kind, id: target_id }, user_id, details };
}
