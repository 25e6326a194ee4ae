import type { BehaviorEvent, Streak } from '@waggle/contracts';
import { channelOf, type Activity, type Occurrence } from './activity.ts';
import type { Told } from './occurrence-change.ts';

/** What every event of a change shares. `id` comes from the cause, so that deciding again gives the same. */
export interface EventHead {
  id: string;
  timestamp: string;
}

/** An occurrence after its change. `day`: the local day on which it happened, for a task too. */
export interface Changed {
  activity: Activity;
  occurrence: Occurrence;
  day: string;
  streak: Streak | null;
  /** As the command named it. */
  channel: string | undefined;
}

export function toldEvent(told: Told, head: EventHead, changed: Changed): BehaviorEvent {
  if ('steps' in told) return routineEvent(told, head, changed);
  return told.event === 'activity.snoozed' ? snoozedEvent(head, changed) : occurrenceEvent(told.event, head, changed);
}

export function occurrenceEvent(
  event: 'activity.completed' | 'activity.skipped' | 'activity.reopened' | 'activity.missed',
  head: EventHead,
  { activity, day, streak, channel }: Changed,
): BehaviorEvent {
  return { event, ...framed(head, activity, { activity: { ...entityOf(activity, channel), occurrence_date: day, streak } }) };
}

function snoozedEvent(head: EventHead, { activity, occurrence, day, channel }: Changed): BehaviorEvent {
  const until = occurrence.snoozedUntil ?? head.timestamp;
  const snooze = { snoozed_until: until, snooze_minutes: Math.ceil((Date.parse(until) - Date.parse(head.timestamp)) / 60_000) };
  return { event: 'activity.snoozed', ...framed(head, activity, { activity: { ...entityOf(activity, channel), occurrence_date: day, ...snooze } }) };
}

function routineEvent(told: Extract<Told, { steps: unknown }>, head: EventHead, { activity, day, channel }: Changed): BehaviorEvent {
  const routine = { ...entityOf(activity, channel), type: 'routine' as const, occurrence_date: day, steps: told.steps };
  if ('stepId' in told) return { event: told.event, ...framed(head, activity, { routine: { ...routine, step_id: told.stepId } }) };
  return { event: told.event, ...framed(head, activity, { routine }) };
}

export function definitionEvent(event: 'activity.created' | 'activity.deleted', head: EventHead, activity: Activity): BehaviorEvent {
  return { event, ...framed(head, activity, { activity: { ...entityOf(activity, undefined), version: activity.version } }) };
}

export function updatedEvent(head: EventHead, activity: Activity, changed: string[]): BehaviorEvent {
  return { event: 'activity.updated', ...framed(head, activity, { activity: { ...entityOf(activity, undefined), version: activity.version, changed } }) };
}

/** Guide "Payload shape": event, timestamp, user and one entity, in this order. */
function framed<Entity extends object>({ id, timestamp }: EventHead, activity: Activity, entity: Entity) {
  return { timestamp, user_id: activity.userId, ...entity, id, workspace_id: activity.workspaceId };
}

function entityOf(activity: Activity, channel: string | undefined) {
  const { id, type, name } = activity;
  return { id, type, name, channel: channelOf(activity, channel) };
}
