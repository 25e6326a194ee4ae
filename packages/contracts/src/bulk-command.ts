import { z } from 'zod';
import { activityCreateBody, inboundBodies } from './inbound.ts';
import { defineMessage, keyOfUser } from './message.ts';
import { idOf, userId, utcTimestamp } from './scalars.ts';

/** What may be wrong with one item: a code of `PROBLEMS`, and words. */
export const itemError = z.object({ code: z.string(), detail: z.string() });
export type ItemError = z.infer<typeof itemError>;

/** One inbound body, or the creation of an activity. */
export const bulkBodies = { ...inboundBodies, 'activity.create': activityCreateBody } as const;
export type BulkEvent = keyof typeof bulkBodies;
export const isBulkEvent = (event: string): event is BulkEvent => Object.hasOwn(bulkBodies, event);

const bulkBody = z.discriminatedUnion('event', [
  bulkBodies['activity.completed'],
  bulkBodies['activity.skipped'],
  bulkBodies['activity.snoozed'],
  bulkBodies['activity.reopened'],
  bulkBodies['routine.activated'],
  bulkBodies['routine.step_completed'],
  bulkBodies['routine.step_skipped'],
  bulkBodies['onboarding.completed'],
  bulkBodies['activity.create'],
]);

/** `id` is the command's, as for a single request; `index` is the item's place in the request. */
export const bulkItem = z.object({ index: z.int().nonnegative(), id: idOf('cmd'), digest: z.string().nullable(), body: bulkBody });
export type BulkItem = z.infer<typeof bulkItem>;

/** An item that is not valid. It travels with the others, because its result is the operation's too. */
export const refusedItem = z.object({ index: z.int().nonnegative(), activity_id: z.string().nullable(), error: itemError });
export type RefusedItem = z.infer<typeof refusedItem>;

export const BULK_ITEMS_PER_RECORD = 500;

/**
 * Consecutive items of one user of one bulk request, or (`user_id` null) items that are not valid. `total` is known from the beginning
 * with JSON; with lines a last record tells it.
 */
export const bulkCommand = defineMessage({
  topic: 'private.behavior.bulk.v1',
  data: z.object({
    kind: z.literal('bulk'),
    operation_id: idOf('op'),
    workspace_id: z.string(),
    user_id: userId.nullable(),
    creator_user_id: userId.nullable(),
    accepted_at: utcTimestamp,
    reply_to: z.string().nullable(),
    /** Whether the operation has a synchronous answer. */
    is_synchronous: z.boolean(),
    total: z.int().nullable(),
    items: z.array(bulkItem).max(BULK_ITEMS_PER_RECORD),
    refused: z.array(refusedItem).max(BULK_ITEMS_PER_RECORD),
  }),
  key: ({ workspace_id, user_id, operation_id }) => (user_id === null ? `${workspace_id}:${operation_id}` : keyOfUser({ workspace_id, user_id })),
});
export type BulkCommand = z.infer<typeof bulkCommand.data>;

/** The same where somebody waits for the answer: on a topic of its own, since behind a backfill the wait would be minutes. */
export const awaitedBulkCommand = { ...bulkCommand, topic: 'private.behavior.bulk-awaited.v1' };

/** In Redis, for a day at most: this operation has items that are not done. Ingress sets it, the core removes it. */
export const bulkUnderWayKey = (operationId: string): string => `bulk:under-way:${operationId}`;
export const BULK_UNDER_WAY_SECONDS = 86_400;

export const bulkResult = z.object({
  index: z.int(),
  status: z.enum(['processed', 'unchanged', 'duplicate', 'failed']),
  activity_id: z.string().nullable(),
  error: itemError.nullable(),
});
export type BulkResult = z.infer<typeof bulkResult>;

/** The 200 body of `POST /v1/activities/bulk`. */
export const bulkAnswer = z.object({ operation_id: z.string(), succeeded: z.int(), failed: z.int(), results: z.array(bulkResult) });
export type BulkAnswer = z.infer<typeof bulkAnswer>;
