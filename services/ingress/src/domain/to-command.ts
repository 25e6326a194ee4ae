import { createHash } from 'node:crypto';
import { toUtc, type BehaviorCommand, type InboundBody } from '@waggle/contracts';

/** What ingress adds to a request. */
export interface Acceptance {
  workspaceId: string;
  creatorUserId: string | null;
  operationId: string;
  now: Date;
}

/** The same request gives the same id, so retries by the partner and redeliveries by Kafka meet in one inbox row. */
export function toCommand(body: InboundBody, { workspaceId, creatorUserId, operationId, now }: Acceptance): Omit<BehaviorCommand, 'reply_to'> {
  const timestamp = toUtc(body.timestamp);
  return {
    kind: 'inbound',
    id: commandId('natural', workspaceId, body.user_id, body.event, body.activity_id, null, timestamp),
    operation_id: operationId,
    workspace_id: workspaceId,
    user_id: body.user_id,
    creator_user_id: creatorUserId,
    accepted_at: toUtc(now),
    body: { ...body, timestamp },
  };
}

/** 160 bits: enough that two requests never share an id. */
function commandId(...identity: readonly (string | null)[]): string {
  return `cmd_${createHash('sha256').update(JSON.stringify(identity)).digest('base64url').slice(0, 27)}`;
}
