import { z } from 'zod';
import { defineMessage, keyOfUser } from './message.ts';
import { activityType, idOf, localDate, reminderType, stepState, utcTimestamp } from './scalars.ts';

/** Guide "Payload shape": event, timestamp, user_id and one entity; `workspace_id` is for the topics alone. */
const envelope = z.object({
  event: z.string(),
  timestamp: utcTimestamp,
  user_id: z.string(),
  id: idOf('evt'),
  workspace_id: z.string(),
});

const activityEntity = z.object({ id: z.string(), type: activityType, name: z.string(), channel: z.string() });

/** Null for a task: it has one occurrence, so nothing to be in a row. */
export const streak = z.object({ current: z.int().nonnegative(), longest: z.int().nonnegative() });
export type Streak = z.infer<typeof streak>;

const occurred = activityEntity.extend({ occurrence_date: localDate, streak: streak.nullable() });
const defined = activityEntity.extend({ version: z.int().positive() });

const routineEntity = activityEntity.extend({
  type: z.literal('routine'),
  occurrence_date: localDate,
  steps: z.array(z.object({ id: z.string(), name: z.string(), state: stepState })),
});
const stepped = routineEntity.extend({ step_id: z.string() });

/** `type` is the reminder's; the activity's own stands beside it. `scheduled_for`: when it was due. */
const reminderEntity = z.object({
  id: idOf('rem'),
  type: reminderType,
  name: z.string(),
  channel: z.string(),
  activity_id: z.string(),
  activity_type: activityType,
  scheduled_for: utcTimestamp,
});

const onActivity = <Name extends string, Entity extends z.ZodType>(event: Name, activity: Entity) =>
  envelope.extend({ event: z.literal(event), activity });
const onRoutine = <Name extends string, Entity extends z.ZodType>(event: Name, routine: Entity) =>
  envelope.extend({ event: z.literal(event), routine });

export const behaviorEventTypes = {
  'activity.completed': onActivity('activity.completed', occurred),
  'activity.skipped': onActivity('activity.skipped', occurred),
  'activity.snoozed': onActivity('activity.snoozed', activityEntity.extend({ occurrence_date: localDate, snoozed_until: utcTimestamp, snooze_minutes: z.int().positive() })),
  'activity.reopened': onActivity('activity.reopened', occurred),
  'activity.missed': onActivity('activity.missed', occurred),
  'activity.created': onActivity('activity.created', defined),
  'activity.updated': onActivity('activity.updated', defined.extend({ changed: z.array(z.string()) })),
  'activity.deleted': onActivity('activity.deleted', defined),
  'routine.activated': onRoutine('routine.activated', routineEntity),
  'routine.step_completed': onRoutine('routine.step_completed', stepped),
  'routine.step_skipped': onRoutine('routine.step_skipped', stepped),
  'routine.partial': onRoutine('routine.partial', routineEntity),
  'reminder.sent': envelope.extend({ event: z.literal('reminder.sent'), reminder: reminderEntity }),
} as const;

export const behaviorEvent = defineMessage({
  topic: 'public.behavior.event.v1',
  data: z.discriminatedUnion('event', [
    behaviorEventTypes['activity.completed'],
    behaviorEventTypes['activity.skipped'],
    behaviorEventTypes['activity.snoozed'],
    behaviorEventTypes['activity.reopened'],
    behaviorEventTypes['activity.missed'],
    behaviorEventTypes['activity.created'],
    behaviorEventTypes['activity.updated'],
    behaviorEventTypes['activity.deleted'],
    behaviorEventTypes['routine.activated'],
    behaviorEventTypes['routine.step_completed'],
    behaviorEventTypes['routine.step_skipped'],
    behaviorEventTypes['routine.partial'],
    behaviorEventTypes['reminder.sent'],
  ]),
  key: keyOfUser,
});
export type BehaviorEvent = z.infer<typeof behaviorEvent.data>;

/** What somebody, or a day's end, did to an activity: all but a reminder. */
export type ChangeEvent = Exclude<BehaviorEvent, { event: 'reminder.sent' }>;
