import { z } from 'zod';
import { inboundBody } from './inbound.ts';
import { defineMessage, keyOfUser } from './message.ts';
import { idOf, userId, utcTimestamp } from './scalars.ts';

/**
 * A validated request. `id` is a function of what the request asks for, so the same request is the same command;
 * `operation_id` is new for each request and names its answer.
 */
export const behaviorCommand = defineMessage({
  topic: 'private.behavior.command.v1',
  data: z.object({
    kind: z.literal('inbound'),
    id: idOf('cmd'),
    operation_id: idOf('op'),
    workspace_id: z.string(),
    user_id: userId,
    /** Who asked: a user key's owner, or null for a system key. */
    creator_user_id: userId.nullable(),
    accepted_at: utcTimestamp,
    /** The Redis channel on which the ingress instance that waits is listening; null when nobody waits. */
    reply_to: z.string().nullable(),
    /** Of the request, where an Idempotency-Key made the id; null where what is asked did. */
    digest: z.string().nullable().default(null),
    body: inboundBody,
  }),
  key: keyOfUser,
});
export type BehaviorCommand = z.infer<typeof behaviorCommand.data>;
