import { z } from 'zod';
import { streak } from './behavior-event.ts';
import {
  activityId, activityType, channelName, cleanText, isReckoned, label, localDate, localTime, occurrenceState, stepId, stepState, timeInUtc, timestampWithOffset, userId, utcTimestamp,
  type ActivityType,
} from './scalars.ts';

const IN_YEARS = 'Must be in the years 1970 to 2199';
const startsOn = localDate.refine(isReckoned, IN_YEARS);
const dueAt = timeInUtc.refine(isReckoned, IN_YEARS);
const recurrence = cleanText.min(1).max(500);
const priority = z.int().min(-1_000).max(1_000);
const channels = z.array(channelName).max(20);
const windowShape = { start: localTime, end: localTime };
const stepShape = { id: stepId.optional(), name: label };
const STEPS_MAX = 100;

export const step = z.object({ id: stepId, name: label });
export type Step = z.infer<typeof step>;

/** `recurrence` is an RFC 5545 RRULE over dates, counted from `starts_on`; a `window` is wall-clock time in the user's zone. */
export interface Schedule {
  recurrence: string | null;
  starts_on: string | null;
  window: { start: string; end: string } | null;
  due_at: string | null;
}

/** What the parts of a definition must be among themselves. Whether a recurrence is one is the core's to say. */
export interface DefinitionParts {
  type: ActivityType;
  schedule: Schedule;
  steps: readonly { id?: string | undefined; name: string }[];
}

export function faultsOfDefinition({ type, schedule, steps }: DefinitionParts): { path: string[]; message: string }[] {
  const ids = steps.flatMap(({ id }) => id ?? []);
  const faults: [isFault: boolean, path: string, message: string][] = [
    [type !== 'task' && schedule.due_at !== null, 'schedule.due_at', 'Only a task has a due date'],
    [type === 'task' && schedule.recurrence !== null, 'schedule.recurrence', 'A task has one occurrence'],
    [schedule.window !== null && schedule.window.start === schedule.window.end, 'schedule.window.end', 'A window must have a length'],
    [type !== 'routine' && steps.length > 0, 'steps', 'Only a routine has steps'],
    [new Set(ids).size < ids.length, 'steps', 'Two steps have the same id'],
  ];
  return faults.flatMap(([isFault, path, message]) => (isFault ? [{ path: path.split('.'), message }] : []));
}

const NO_SCHEDULE: Schedule = { recurrence: null, starts_on: null, window: null, due_at: null };
const REMINDERS = { enabled: true, follow_up: true };

/** `object`: strict where the endpoint is our own; where the guides ask for it, unknown fields are dropped. */
function definitionShape(object: <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.ZodObject<Shape>) {
  return {
    name: label,
    schedule: object({
      recurrence: recurrence.nullable().default(null),
      starts_on: startsOn.nullable().default(null),
      window: object(windowShape).nullable().default(null),
      due_at: dueAt.nullable().default(null),
    }).default(NO_SCHEDULE),
    channels: channels.default([]),
    priority: priority.default(0),
    reminders: object({ enabled: z.boolean().default(true), follow_up: z.boolean().default(true) }).default(REMINDERS),
    steps: z.array(object(stepShape)).max(STEPS_MAX).default([]),
  };
}

const creationShape = { id: activityId.optional(), user_id: userId.optional(), type: activityType };

function checkDefinition({ value, issues }: z.core.ParsePayload<DefinitionParts>): void {
  // Of fields that are none nothing more can be said.
  if (issues.length > 0) return;
  for (const fault of faultsOfDefinition(value)) issues.push({ code: 'custom', input: value, ...fault });
}

/** `POST /v1/activities`. `user_id` may be left out with a user key, which acts as its owner. */
export const createActivityBody = z.strictObject({ ...creationShape, ...definitionShape((shape) => z.strictObject(shape)) }).check(checkDefinition);
export type CreateActivityBody = z.infer<typeof createActivityBody>;

/** The same in an onboarding or a bulk item. */
export const activityCreation = z.object({ ...creationShape, ...definitionShape((shape) => z.object(shape)) }).check(checkDefinition);
export type ActivityCreation = z.infer<typeof activityCreation>;

// `id`, `user_id` and `type` may be repeated, not changed.
const repeated = { id: activityId.optional(), user_id: userId.optional(), type: activityType.optional() };

/** `PUT /v1/activities/{id}`: what is left out gets its default. */
export const replaceActivityBody = z.strictObject({ ...repeated, ...definitionShape((shape) => z.strictObject(shape)) });
export type ReplaceActivityBody = z.infer<typeof replaceActivityBody>;

/** `PATCH /v1/activities/{id}`: what is left out stays, inside `schedule` and `reminders` too. */
export const changeActivityBody = z.strictObject({
  ...repeated,
  name: label.optional(),
  schedule: z.strictObject({
    recurrence: recurrence.nullable().optional(),
    starts_on: startsOn.nullable().optional(),
    window: z.strictObject(windowShape).nullable().optional(),
    due_at: dueAt.nullable().optional(),
  }).optional(),
  channels: channels.optional(),
  priority: priority.optional(),
  reminders: z.strictObject({ enabled: z.boolean().optional(), follow_up: z.boolean().optional() }).optional(),
  steps: z.array(z.strictObject(stepShape)).max(STEPS_MAX).optional(),
});
export type ChangeActivityBody = z.infer<typeof changeActivityBody>;

/** `POST /v1/activities/{id}/{action}`: `at` is now unless it is given. */
const actionShape = { user_id: userId.optional(), at: timestampWithOffset.optional(), channel: channelName.optional(), notify: z.boolean().optional() };
export const actionBody = z.strictObject(actionShape);
export const snoozeBody = z.strictObject({ ...actionShape, snooze_minutes: z.int().min(1).max(1_440).optional(), until: timestampWithOffset.optional() });
export type ActionBody = z.infer<typeof snoozeBody>;

const stepView = z.object({ id: z.string(), name: z.string(), state: stepState });
export type StepView = z.infer<typeof stepView>;

/** An activity as a client sees it (contract, section 3); `today` is the user's present local day. */
export const activityView = z.object({
  id: z.string(),
  user_id: z.string(),
  type: activityType,
  name: z.string(),
  schedule: z.object({
    recurrence: z.string().nullable(),
    starts_on: localDate,
    window: z.object(windowShape).nullable(),
    due_at: utcTimestamp.nullable(),
  }),
  channels: z.array(z.string()),
  priority: z.int(),
  reminders: z.object({ enabled: z.boolean(), follow_up: z.boolean() }),
  steps: z.array(z.object({ id: z.string(), name: z.string() })),
  status: z.enum(['active', 'completed', 'archived']),
  today: z.object({
    date: localDate,
    scheduled: z.boolean(),
    state: occurrenceState,
    channel: z.string().nullable(),
    at: utcTimestamp.nullable(),
    snoozed_until: utcTimestamp.nullable(),
    steps: z.array(stepView),
  }),
  streak: streak.nullable(),
  completion_rate_30d: z.number().min(0).max(1).nullable(),
  version: z.int().positive(),
  created_at: utcTimestamp,
  updated_at: utcTimestamp,
});
export type ActivityView = z.infer<typeof activityView>;

/** `GET /v1/activities/today`: what the user's day holds. */
export const briefing = z.object({
  date: localDate,
  user_id: z.string(),
  in_window: z.array(activityView),
  later: z.array(activityView),
  due: z.array(activityView),
  overdue: z.array(activityView),
  done: z.array(activityView),
});
export type Briefing = z.infer<typeof briefing>;
