import { dayNumber } from '../local-date.ts';
import { isCompletedTask, newOccurrence, TASK_DATE, type Activity, type LoggedDay, type Occurrence } from './activity.ts';
import { createCalendar, type Calendar } from './calendar.ts';
import type { Tally } from './tally.ts';

/** An activity with what is recorded of it. Deciding writes into it, so it serves one decision only. */
export interface LoadedActivity {
  activity: Activity;
  calendar: Calendar;
  history: Map<number, LoggedDay>;
  /** In full for the days that the decision is about, the present one, and those that are open, by the day they are kept under. */
  occurrences: Map<string, Occurrence>;
  /** Made where a streak is asked for. */
  tally: Tally | undefined;
}

export function loadedActivity(activity: Activity, history: LoadedActivity['history'] = new Map()): LoadedActivity {
  return { activity, calendar: createCalendar(activity), history, occurrences: new Map(), tally: undefined };
}

/** Later decisions of the batch see it. */
export function record(loaded: LoadedActivity, occurrence: Occurrence): void {
  const { date, state, scheduled, snoozedUntil } = occurrence;
  const day = dayNumber(date);
  loaded.occurrences.set(date, occurrence);
  loaded.history.set(day, { state, scheduled, snoozedUntil });
  if (loaded.tally?.touch(day) === false) loaded.tally = undefined;
}

/** What tells of a day's occurrence. */
export interface Scheduled extends Pick<LoadedActivity, 'calendar' | 'occurrences'> {
  activity: Pick<Activity, 'type'>;
}

/** What is recorded of a day, else what the schedule says of it. */
export function occurrenceOn({ activity, calendar, occurrences }: Scheduled, date: string): Occurrence {
  return occurrences.get(date) ?? newOccurrence(date, activity.type === 'task' || calendar.isScheduled(dayNumber(date)));
}

/** Whether it counts against the plan's limits, unless it is archived: a task that is done does not. */
export const takesPlace = (loaded: LoadedActivity): boolean => !isCompletedTask(loaded.activity, occurrenceOn(loaded, TASK_DATE));
