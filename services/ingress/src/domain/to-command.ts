import { keyedCommandId, naturalCommandId, toUtc, type BehaviorCommand, type InboundBody } from '@waggle/contracts';

/** What ingress adds to a request. */
export interface Acceptance {
  workspaceId: string;
  creatorUserId: string | null;
  operationId: string;
  now: Date;
  /** Null without an Idempotency-Key. With one, it alone says what is the same request. */
  key: { id: string; digest: string } | null;
}

/** The same request gives the same id, so retries by the partner and redeliveries by Kafka meet in one inbox row. */
export function toCommand(body: InboundBody, { workspaceId, creatorUserId, operationId, now, key }: Acceptance): Omit<BehaviorCommand, 'reply_to'> {
  return {
    kind: 'inbound',
    id: key === null ? naturalCommandId(workspaceId, body) : keyedCommandId(key.id),
    operation_id: operationId,
    workspace_id: workspaceId,
    user_id: body.user_id,
    creator_user_id: creatorUserId,
    accepted_at: toUtc(now),
    digest: key?.digest ?? null,
    body: { ...body, timestamp: toUtc(body.timestamp) },
  };
}
