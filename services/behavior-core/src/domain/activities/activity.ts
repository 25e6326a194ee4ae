import type { ActivityType, OccurrenceState } from '@waggle/contracts';

export interface Activity {
  workspaceId: string;
  id: string;
  userId: string;
  type: ActivityType;
  name: string;
  channels: string[];
  /** The local day of its creation. */
  startsOn: string;
  archivedAt: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
  /** The user's IANA zone. */
  timezone: string;
}

/** One activity on one local day. `date` is the day it is kept under. */
export interface Occurrence {
  date: string;
  state: OccurrenceState;
  channel: string | null;
  at: string | null;
}

/** What is recorded of an activity: the state of each day that has one, by day number. */
export type History = ReadonlyMap<number, OccurrenceState>;

export const newOccurrence = (date: string): Occurrence => ({ date, state: 'pending', channel: null, at: null });

/** A task has one occurrence, whatever the day it is done on: it is kept under the day of the task's creation. */
export function occurrenceDate({ type, startsOn }: Pick<Activity, 'type' | 'startsOn'>, localDay: string): string {
  return type === 'task' ? startsOn : localDay;
}

/** The channel that an event names: the command's, else the activity's first, else `api`. */
export function channelOf({ channels }: Pick<Activity, 'channels'>, given: string | undefined): string {
  return given ?? channels[0] ?? 'api';
}
