import { hash } from 'node:crypto';
import { z } from 'zod';
import { defineMessage, keyOfUser } from './message.ts';
import { idOf, userId, utcTimestamp } from './scalars.ts';

/** Every service that keeps something about users. The core's own part is done before it asks the others. */
export const erasingService = z.enum(['behavior-core', 'event-log', 'outbound-dispatcher']);
export type ErasingService = z.infer<typeof erasingService>;
export const ERASING_SERVICES = erasingService.options;

/**
 * Erase this user. `event_sequence` is the number of the user's last event: what has a higher one belongs to a user of the same id who
 * came later. Events and this come by different topics, so either may arrive first.
 */
export const userErasure = defineMessage({
  topic: 'private.user.erasure.v1',
  data: z.object({
    operation_id: idOf('op'),
    workspace_id: z.string(),
    user_id: userId,
    event_sequence: z.int().nonnegative(),
    erased_at: utcTimestamp,
  }),
  key: keyOfUser,
});
export type UserErasure = z.infer<typeof userErasure.data>;

/** A service has erased its part. It names the operation and no user: this outlives the erasure. */
export const userErased = defineMessage({
  topic: 'private.user.erased.v1',
  data: z.object({ operation_id: idOf('op'), workspace_id: z.string(), service: erasingService }),
  key: ({ operation_id }) => operation_id,
});
export type UserErased = z.infer<typeof userErased.data>;

/** What is remembered of an erased user in place of the id, which may be an address. The core's migration computes the same. */
export const userDigest = (of: { workspace_id: string; user_id: string }): string => hash('sha256', keyOfUser(of), 'hex');

/** Answers to requests with an Idempotency-Key are kept in Redis for a day. */
export const ANSWERS_KEPT_SECONDS = 86_400;

/** Which answers in Redis are about a user: a sorted set of their keys, by when they were kept. By the digest of `userDigest`, as all that outlives a user. */
export const answerIndexKey = (digest: string): string => `idempotent-of:${digest}`;

/** Stands for a minute after an erasure: no answer takes so long, so none that was under way is kept after it. */
export const erasureMarkKey = (digest: string): string => `erased:${digest}`;
export const ERASURE_MARK_SECONDS = 60;
