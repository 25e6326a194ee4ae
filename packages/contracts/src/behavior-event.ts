import { z } from 'zod';
import { defineMessage, keyOfUser } from './message.ts';
import { activityType, localDate, utcTimestamp } from './scalars.ts';

/** Guide "Payload shape": event, timestamp, user_id and one entity; `workspace_id` is for the topics alone. */
const envelope = z.object({
  event: z.string(),
  timestamp: utcTimestamp,
  user_id: z.string(),
  id: z.string().startsWith('evt_'),
  workspace_id: z.string(),
});

const activityEntity = z.object({ id: z.string(), type: activityType, name: z.string(), channel: z.string() });

/** Null for a task: it has one occurrence, so nothing to be in a row. */
export const streak = z.object({ current: z.int().nonnegative(), longest: z.int().nonnegative() });
export type Streak = z.infer<typeof streak>;

const occurred = activityEntity.extend({ occurrence_date: localDate, streak: streak.nullable() });
const defined = activityEntity.extend({ version: z.int().positive() });

const onActivity = <Name extends string, Entity extends z.ZodType>(event: Name, activity: Entity) =>
  envelope.extend({ event: z.literal(event), activity });

export const behaviorEventTypes = {
  'activity.completed': onActivity('activity.completed', occurred),
  'activity.skipped': onActivity('activity.skipped', occurred),
  'activity.created': onActivity('activity.created', defined),
  'activity.deleted': onActivity('activity.deleted', defined),
} as const;

export const behaviorEvent = defineMessage({
  topic: 'public.behavior.event.v1',
  data: z.discriminatedUnion('event', [
    behaviorEventTypes['activity.completed'],
    behaviorEventTypes['activity.skipped'],
    behaviorEventTypes['activity.created'],
    behaviorEventTypes['activity.deleted'],
  ]),
  key: keyOfUser,
});
export type BehaviorEvent = z.infer<typeof behaviorEvent.data>;
