import { z } from 'zod';
import { streak } from './behavior-event.ts';
import { activityId, activityType, channelName, label, localDate, occurrenceState, userId, utcTimestamp } from './scalars.ts';

/** `POST /v1/activities`. `user_id` may be left out with a user key, which acts as its owner. */
export const createActivityBody = z.strictObject({
  id: activityId.optional(),
  user_id: userId.optional(),
  type: z.enum(['habit', 'task']),
  name: label,
  channels: z.array(channelName).max(20).default([]),
});
export type CreateActivityBody = z.infer<typeof createActivityBody>;

/** An activity as a client sees it (contract, section 3); `today` is the user's present local day. */
export const activityView = z.object({
  id: z.string(),
  user_id: z.string(),
  type: activityType,
  name: z.string(),
  channels: z.array(z.string()),
  status: z.enum(['active', 'completed', 'archived']),
  today: z.object({
    date: localDate,
    scheduled: z.boolean(),
    state: occurrenceState,
    channel: z.string().nullable(),
    at: utcTimestamp.nullable(),
    snoozed_until: utcTimestamp.nullable(),
    steps: z.array(z.unknown()),
  }),
  streak: streak.nullable(),
  completion_rate_30d: z.number().min(0).max(1).nullable(),
  version: z.int().positive(),
  created_at: utcTimestamp,
  updated_at: utcTimestamp,
});
export type ActivityView = z.infer<typeof activityView>;
