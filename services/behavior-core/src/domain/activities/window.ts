import { dateOfDay, dayNumber, instantOf, localDate } from '../local-date.ts';
import type { Activity, Window } from './activity.ts';

/** From `startMs` on, before `endMs`. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** It ends on the day after the one it belongs to. */
export const isPastMidnight = (window: Window | null): window is Window => window !== null && window.end < window.start;

export const dayAfter = (date: string): string => dateOfDay(dayNumber(date) + 1);
export const dayBefore = (date: string): string => dateOfDay(dayNumber(date) - 1);

/** A window's instants on one day, in the user's zone. */
export function spanOf(window: Window, date: string, timezone: string): Span {
  const endDate = isPastMidnight(window) ? dayAfter(date) : date;
  return { startMs: instantOf(date, window.start, timezone), endMs: instantOf(endDate, window.end, timezone) };
}

/**
 * The day whose window past midnight an instant lies in, on the day after: yesterday's, or null. What comes inside such a window belongs
 * to its first day.
 */
export function openedYesterday({ window, timezone }: Pick<Activity, 'window' | 'timezone'>, at: string): string | null {
  if (!isPastMidnight(window)) return null;
  const today = localDate(at, timezone);
  return Date.parse(at) < instantOf(today, window.end, timezone) ? dayBefore(today) : null;
}
