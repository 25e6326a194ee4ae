import type { BehaviorEvent, Streak } from '@waggle/contracts';
import { channelOf, type Activity, type Occurrence } from './activity.ts';

/** What every event of a change shares. `id` comes from the cause, so that deciding again gives the same. */
export interface EventHead {
  id: string;
  timestamp: string;
}

/** `occurrenceDay`: the local day on which it happened, for a task too. */
export function occurrenceEvent(
  event: 'activity.completed' | 'activity.skipped',
  { id, timestamp }: EventHead,
  { activity, occurrence, occurrenceDay, streak }: { activity: Activity; occurrence: Occurrence; occurrenceDay: string; streak: Streak | null },
): BehaviorEvent {
  const entity = { ...entityOf(activity, occurrence.channel ?? undefined), occurrence_date: occurrenceDay, streak };
  return { event, timestamp, user_id: activity.userId, activity: entity, id, workspace_id: activity.workspaceId };
}

export function definitionEvent(event: 'activity.created' | 'activity.deleted', { id, timestamp }: EventHead, activity: Activity): BehaviorEvent {
  const entity = { ...entityOf(activity, undefined), version: activity.version };
  return { event, timestamp, user_id: activity.userId, activity: entity, id, workspace_id: activity.workspaceId };
}

function entityOf(activity: Activity, channel: string | undefined) {
  const { id, type, name } = activity;
  return { id, type, name, channel: channelOf(activity, channel) };
}
