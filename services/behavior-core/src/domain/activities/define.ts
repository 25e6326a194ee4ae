import type { BehaviorEvent, CreateActivityBody } from '@waggle/contracts';
import { localDate } from '../local-date.ts';
import type { Activity } from './activity.ts';
import { definitionEvent } from './events.ts';

/** Made by the caller, since neither ids nor the clock belong to the domain. */
export interface Making {
  activityId: string;
  eventId: string;
  now: string;
}

export interface Definition {
  activity: Activity;
  events: BehaviorEvent[];
}

export function createActivity(
  { type, name, channels }: CreateActivityBody,
  { workspaceId, userId, timezone }: Pick<Activity, 'workspaceId' | 'userId' | 'timezone'>,
  { activityId, eventId, now }: Making,
): Definition {
  const activity: Activity = {
    workspaceId, id: activityId, userId, type, name, channels, startsOn: localDate(now, timezone), archivedAt: null, version: 1, createdAt: now, updatedAt: now, timezone,
  };
  return { activity, events: [definitionEvent('activity.created', { id: eventId, timestamp: now }, activity)] };
}

/** Null when it is archived already: nothing changes, and nothing is told. */
export function archiveActivity(activity: Activity, { eventId, now }: Pick<Making, 'eventId' | 'now'>): Definition | null {
  if (activity.archivedAt !== null) return null;
  const archived = { ...activity, archivedAt: now, updatedAt: now, version: activity.version + 1 };
  return { activity: archived, events: [definitionEvent('activity.deleted', { id: eventId, timestamp: now }, archived)] };
}
