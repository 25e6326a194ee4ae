import { randomUUID } from 'node:crypto';
import type { BehaviorCommand, OccurrenceBody } from '@waggle/contracts';

interface Given {
  id?: string;
  operationId?: string;
  workspaceId?: string;
  userId?: string;
  event?: 'activity.completed' | 'activity.skipped' | 'activity.reopened';
  activityId?: string;
  timestamp?: string;
  channel?: string;
  replyTo?: string;
}

/** A valid command: the test states what it is about, the rest is filled in. */
export function aCommand(given: Given = {}): BehaviorCommand & { body: OccurrenceBody } {
  const userId = given.userId ?? 'usr_0';
  const body = {
    event: given.event ?? ('activity.completed' as const),
    activity_id: given.activityId ?? 'act_0',
    user_id: userId,
    timestamp: given.timestamp ?? '2026-03-28T08:12:44Z',
    ...(given.channel !== undefined && { channel: given.channel }),
  };
  return {
    kind: 'inbound',
    id: given.id ?? `cmd_${randomUUID()}`,
    operation_id: given.operationId ?? `op_${randomUUID()}`,
    workspace_id: given.workspaceId ?? 'ws_demo',
    user_id: userId,
    creator_user_id: null,
    accepted_at: '2026-03-28T08:12:45Z',
    reply_to: given.replyTo ?? null,
    digest: null,
    body,
  };
}
