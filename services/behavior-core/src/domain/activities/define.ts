import { derivedId, type ActivityCreation, type BehaviorEvent, type ChangeActivityBody, type DefinitionParts, type ReplaceActivityBody } from '@waggle/contracts';
import { localDate } from '../local-date.ts';
import type { Activity } from './activity.ts';
import { definitionEvent, updatedEvent } from './events.ts';
import type { LoadedActivity } from './loaded-activity.ts';
import { parseRecurrence } from './recurrence.ts';
import { settle, type Missed } from './settle.ts';

/** Made by the caller, since neither ids nor the clock belong to the domain. `now`: of the decision, in UTC. */
export interface Making {
  eventId: string;
  now: string;
}

export interface Definition {
  activity: Activity;
  /** Days that ended before the change are judged by what was true then. */
  missed: Missed[];
  events: BehaviorEvent[];
}

export function createActivity(
  { type, name, schedule, channels, priority, reminders, steps }: ActivityCreation,
  { workspaceId, userId, timezone }: Pick<Activity, 'workspaceId' | 'userId' | 'timezone'>,
  { activityId, now }: { activityId: string; now: string },
): Activity {
  const createdOn = localDate(now, timezone);
  return {
    workspaceId, id: activityId, userId, type, name, channels, priority, timezone, createdOn,
    recurrence: schedule.recurrence, startsOn: schedule.starts_on ?? createdOn, window: schedule.window, dueAt: schedule.due_at,
    reminders: { enabled: reminders.enabled, followUp: reminders.follow_up }, steps: withIds(activityId, steps, now),
    settledUntil: createdOn, archivedAt: null, version: 1, createdAt: now, updatedAt: now,
  };
}

/** What is left out gets its default. */
export function replaced(activity: Activity, body: ReplaceActivityBody, now: string): Activity {
  const { name, schedule, channels, priority, reminders, steps } = body;
  return {
    ...activity, name, channels, priority,
    recurrence: schedule.recurrence, startsOn: schedule.starts_on ?? activity.createdOn, window: schedule.window, dueAt: schedule.due_at,
    reminders: { enabled: reminders.enabled, followUp: reminders.follow_up }, steps: withIds(activity.id, steps, now),
  };
}

/** What is left out stays. */
export function changed(activity: Activity, body: ChangeActivityBody, now: string): Activity {
  const { name, schedule = {}, channels, priority, reminders = {}, steps } = body;
  return {
    ...activity,
    name: or(name, activity.name),
    channels: or(channels, activity.channels),
    priority: or(priority, activity.priority),
    recurrence: or(schedule.recurrence, activity.recurrence),
    startsOn: or(schedule.starts_on, activity.startsOn) ?? activity.createdOn,
    window: or(schedule.window, activity.window),
    dueAt: or(schedule.due_at, activity.dueAt),
    reminders: { enabled: or(reminders.enabled, activity.reminders.enabled), followUp: or(reminders.follow_up, activity.reminders.followUp) },
    steps: steps === undefined ? activity.steps : withIds(activity.id, steps, now),
  };
}

/** Null is a value here. */
const or = <Value>(given: Value | undefined, kept: Value): Value => (given === undefined ? kept : given);

/** Null where it is what it was: nothing changes, and nothing is told. */
export function updateActivity(loaded: LoadedActivity, next: Activity, { eventId, now }: Making): Definition | null {
  const changes = fieldsChanged(loaded.activity, next);
  if (changes.length === 0) return null;
  return revise(loaded, { ...next, updatedAt: now }, (activity) => updatedEvent({ id: eventId, timestamp: now }, activity, changes));
}

/** Null when it is archived already. */
export function archiveActivity(loaded: LoadedActivity, { eventId, now }: Making): Definition | null {
  if (loaded.activity.archivedAt !== null) return null;
  const archived = { ...loaded.activity, archivedAt: now, updatedAt: now };
  return revise(loaded, archived, (activity) => definitionEvent('activity.deleted', { id: eventId, timestamp: now }, activity));
}

/** Null when it is not archived. The days in between had no occurrences. */
export function restoreActivity(loaded: LoadedActivity, { eventId, now }: Making): Definition | null {
  const { activity } = loaded;
  if (activity.archivedAt === null) return null;
  const today = localDate(now, activity.timezone);
  const settledUntil = activity.settledUntil > today ? activity.settledUntil : today;
  const restored = { ...activity, archivedAt: null, settledUntil, updatedAt: now, version: activity.version + 1 };
  return { activity: restored, missed: [], events: [updatedEvent({ id: eventId, timestamp: now }, restored, ['status'])] };
}

function revise(loaded: LoadedActivity, next: Activity, tell: (activity: Activity) => BehaviorEvent): Definition {
  const { missed, events, settled } = settle([loaded], next.updatedAt);
  const activity = { ...next, settledUntil: settled[0]?.settledUntil ?? next.settledUntil, version: next.version + 1 };
  return { activity, missed, events: [...events, tell(activity)] };
}

export const toParts = ({ type, recurrence, startsOn, window, dueAt, steps }: Activity): DefinitionParts => ({
  type, steps, schedule: { recurrence, starts_on: startsOn, window, due_at: dueAt },
});

/** In words what is wrong with a recurrence, or null. */
export function faultOfRecurrence(recurrence: string | null): string | null {
  const parsed = recurrence === null ? null : parseRecurrence(recurrence);
  return typeof parsed === 'string' ? parsed : null;
}

function withIds(activityId: string, steps: readonly { id?: string | undefined; name: string }[], now: string): Activity['steps'] {
  return steps.map(({ id, name }, index) => ({ id: id ?? derivedId('stp', Date.parse(now), activityId, index), name }));
}

/** By the names that the contract has for them. */
function fieldsChanged(before: Activity, after: Activity): string[] {
  const schedule = ({ recurrence, startsOn, window, dueAt }: Activity) => [recurrence, startsOn, window && [window.start, window.end], dueAt];
  const reminders = (activity: Activity) => [activity.reminders.enabled, activity.reminders.followUp];
  const steps = (activity: Activity) => activity.steps.map(({ id, name }) => [id, name]);
  const fields: Record<string, (activity: Activity) => unknown> = {
    name: ({ name }) => name, schedule, channels: ({ channels }) => channels, priority: ({ priority }) => priority, reminders, steps,
  };
  return Object.keys(fields).filter((field) => JSON.stringify(fields[field]!(before)) !== JSON.stringify(fields[field]!(after)));
}

