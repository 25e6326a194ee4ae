import { dayNumber, localDate } from '../local-date.ts';
import { isOpen, TASK_DATE, type Occurrence } from './activity.ts';
import { occurrenceOn, type LoadedActivity } from './loaded-activity.ts';
import { isEnded, presentOf, type Present } from './present.ts';
import { openedYesterday } from './window.ts';

/** The day under which the occurrence is kept that an instant belongs to. */
export function keptUnder(loaded: LoadedActivity, at: string): string {
  return loaded.activity.type === 'task' ? TASK_DATE : occurrenceDay(loaded, at);
}

/**
 * The local day of the occurrence that an instant belongs to: its own day, or the one before while that one's window past midnight is open.
 * On a day without an occurrence it is the one that was snoozed past midnight and is still open, if there is one.
 */
export function occurrenceDay(loaded: LoadedActivity, at: string): string {
  const { activity, calendar, occurrences } = loaded;
  const date = localDate(at, activity.timezone);
  if (activity.type === 'task') return date;
  const yesterday = openedYesterday(activity, at);
  if (yesterday !== null && occurrenceOn(loaded, yesterday).scheduled) return yesterday;
  if (occurrences.has(date) || calendar.isScheduled(dayNumber(date))) return date;
  const present = presentOf(activity, at);
  const snoozed = [...occurrences.values()].filter((one) => one.state === 'snoozed' && one.date < date && !isEnded(activity, { ...one, day: dayNumber(one.date) }, present));
  return snoozed.map((one) => one.date).toSorted().at(-1) ?? date;
}

/** An occurrence as it is at an instant: a snooze that has ended reads as pending, and what is open when its day is over is missed. */
export function readOccurrence({ activity }: LoadedActivity, occurrence: Occurrence, { at, present }: { at: string; present: Present }): Occurrence {
  if (!isOpen(occurrence)) return occurrence;
  const day = dayNumber(occurrence.date);
  if (occurrence.scheduled && day >= dayNumber(activity.createdOn) && isEnded(activity, { ...occurrence, day }, present)) {
    return { ...occurrence, state: 'missed', snoozedUntil: null };
  }
  if (occurrence.snoozedUntil === null || Date.parse(occurrence.snoozedUntil) > Date.parse(at)) return occurrence;
  return { ...occurrence, state: 'pending', snoozedUntil: null };
}
