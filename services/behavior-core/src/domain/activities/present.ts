import { dayNumber, localDate, startOfDay } from '../local-date.ts';
import type { Activity, LoggedDay } from './activity.ts';
import { dayAfter, dayBefore, isPastMidnight, openedYesterday, spanOf } from './window.ts';

/** A user's present, for one activity. */
export interface Present {
  now: string;
  today: string;
  todayNumber: number;
  /** The day before, while its window past midnight is open. */
  openYesterday: number | null;
}

export function presentOf(activity: Pick<Activity, 'window' | 'timezone'>, now: string): Present {
  const today = localDate(now, activity.timezone);
  const yesterday = openedYesterday(activity, now);
  return { now, today, todayNumber: dayNumber(today), openYesterday: yesterday === null ? null : dayNumber(yesterday) };
}

/**
 * Whether a day is over for an activity: at its end, or that of its window past midnight; snoozed past midnight, at the end of the day on
 * which the snooze ends. A task's day never ends.
 */
export function isEnded(
  { type, timezone }: Pick<Activity, 'type' | 'timezone'>,
  { day, state, snoozedUntil }: Pick<LoggedDay, 'state' | 'snoozedUntil'> & { day: number },
  { todayNumber, openYesterday }: Present,
): boolean {
  if (type === 'task' || day >= todayNumber || day === openYesterday) return false;
  return state !== 'snoozed' || snoozedUntil === null || dayNumber(localDate(snoozedUntil, timezone)) < todayNumber;
}

/** The next instant after `now` at which one of the activity's days can end. Later ones are found then: every window's end and snooze's day lies behind a midnight. */
export function nextEnd({ window, timezone }: Pick<Activity, 'window' | 'timezone'>, { now, today, openYesterday }: Present): number {
  const midnight = startOfDay(dayAfter(today), timezone);
  if (openYesterday === null || !isPastMidnight(window)) return midnight;
  return Math.max(Date.parse(now) + 1, Math.min(midnight, spanOf(window, dayBefore(today), timezone).endMs));
}
