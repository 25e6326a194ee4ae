import type { ActivityType, OccurrenceState, Step, StepView } from '@waggle/contracts';

/** Wall-clock times; an end before the start is on the next day. */
export interface Window {
  start: string;
  end: string;
}

export interface Activity {
  workspaceId: string;
  id: string;
  userId: string;
  type: ActivityType;
  name: string;
  /** RFC 5545. Null: a habit is due every day, a task once. */
  recurrence: string | null;
  /** What the recurrence counts from. */
  startsOn: string;
  window: Window | null;
  dueAt: string | null;
  channels: string[];
  priority: number;
  reminders: { enabled: boolean; followUp: boolean };
  steps: Step[];
  /** The local day of its creation. */
  createdOn: string;
  /** Days before it have been judged: those without a record had no occurrence. */
  settledUntil: string;
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
  /** False for what was done on a day without an occurrence. */
  scheduled: boolean;
  snoozedUntil: string | null;
  /** `activity.missed` has been told of it: once is enough. */
  wasMissed: boolean;
  /** Null until the day's run of a routine begins. */
  run: 'open' | 'closed' | null;
  /** As they were when the run began, with what became of them; null without a run. */
  steps: StepView[] | null;
}

/** What a streak needs to know of a recorded day. */
export type LoggedDay = Pick<Occurrence, 'state' | 'scheduled' | 'snoozedUntil'>;

/** What is recorded of an activity, by day number. */
export type History = ReadonlyMap<number, LoggedDay>;

export const newOccurrence = (date: string, scheduled = true): Occurrence => ({
  date, state: 'pending', channel: null, at: null, scheduled, snoozedUntil: null, wasMissed: false, run: null, steps: null,
});

/** A task has one occurrence, whatever the day it is done on: it is kept under this one. */
export const TASK_DATE = '1970-01-01';

/** A task has one occurrence: done, the task is completed. */
export const isCompletedTask = ({ type }: Pick<Activity, 'type'>, { state }: Pick<Occurrence, 'state'>): boolean => type === 'task' && state === 'done';

export const isOpen = ({ state }: Pick<Occurrence, 'state'>): boolean => state === 'pending' || state === 'snoozed';

/** The channel that an event names: the command's, else the activity's first, else `api`. */
export function channelOf({ channels }: Pick<Activity, 'channels'>, given: string | undefined): string {
  return given ?? channels[0] ?? 'api';
}
