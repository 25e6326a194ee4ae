import { isOpen, TASK_DATE, type Occurrence } from '../activities/activity.ts';
import { occurrenceOn } from '../activities/loaded-activity.ts';
import { dayBefore, openedYesterday, spanOf } from '../activities/window.ts';
import { dayNumber, instantOf, localDate } from '../local-date.ts';
import { FOLLOW_UP, LATE_MAX_MS, NUDGE, snoozeSlot, type Remindable, type RemindedActivity, type Reminder } from './reminder.ts';

/** The follow-up comes so long before the window's end, or a quarter of its length where that is less. */
const BEFORE_END_MS = 10 * 60_000;

/** The local day under which reminders of a task are kept: another due date is another round of them. */
export const taskDay = ({ dueAt, timezone }: Pick<RemindedActivity, 'dueAt' | 'timezone'>): string => (dueAt === null ? TASK_DATE : localDate(dueAt, timezone));

/**
 * All reminders that one occurrence has while it is as it is, whether they lie behind or ahead: none once it is done or skipped. `hour`: the
 * user's preferred one. A snooze takes the place of the nudge, and of a follow-up that would come before its end.
 */
export function remindersOn(remindable: Remindable, date: string, hour: number): Reminder[] {
  const { activity } = remindable;
  if (!activity.reminders.enabled) return [];
  const occurrence = occurrenceOn(remindable, activity.type === 'task' ? TASK_DATE : date);
  if (!occurrence.scheduled || !isWaiting(occurrence)) return [];
  const { snoozedUntil } = occurrence;
  const regular = activity.type === 'task' ? ofTask(activity, date, hour) : ofDay(activity, date, hour);
  const wanted = regular.filter(({ type }) => type === 'nudge' || activity.reminders.followUp);
  if (snoozedUntil === null) return occurrence.run === 'open' ? wanted.map(withoutMakingUp) : wanted;
  const endMs = Date.parse(snoozedUntil);
  const ofSnooze: Reminder = { date, slot: snoozeSlot(snoozedUntil), type: 'nudge', dueMs: endMs, makeUpUntilMs: endMs + LATE_MAX_MS };
  return [ofSnooze, ...wanted.filter(({ type, dueMs }) => type === 'follow_up' && dueMs > endMs)];
}

/** What its day's end made missed was waiting until then. */
const isWaiting = (occurrence: Occurrence): boolean => isOpen(occurrence) || occurrence.state === 'missed';

/** Whoever is at it need not be told to begin. */
const withoutMakingUp = (reminder: Reminder): Reminder => ({ ...reminder, makeUpUntilMs: null });

/** The day before and on the day. */
function ofTask({ dueAt, startsOn, timezone }: RemindedActivity, date: string, hour: number): Reminder[] {
  if (dueAt === null) return [];
  const reminders: Reminder[] = [
    { date, slot: NUDGE, type: 'nudge', dueMs: atHour(dayBefore(date), hour, timezone), makeUpUntilMs: null },
    { date, slot: FOLLOW_UP, type: 'follow_up', dueMs: atHour(date, hour, timezone), makeUpUntilMs: null },
  ];
  return reminders.filter(({ dueMs }) => localDate(new Date(dueMs).toISOString(), timezone) >= startsOn);
}

function ofDay(activity: RemindedActivity, date: string, hour: number): Reminder[] {
  const { createdOn, createdAt, window, timezone } = activity;
  // The window of the day before may have been open when the activity was made: then its occurrence was the present one.
  if (dayNumber(date) < dayNumber(createdOn) && date !== openedYesterday(activity, createdAt)) return [];
  if (window === null) return [{ date, slot: NUDGE, type: 'nudge', dueMs: atHour(date, hour, timezone), makeUpUntilMs: null }];
  const { startMs, endMs } = spanOf(window, date, timezone);
  const nudge: Reminder = { date, slot: NUDGE, type: 'nudge', dueMs: startMs, makeUpUntilMs: endMs };
  // On a day whose clock jumps over the window's end it has no length.
  if (endMs <= startMs) return [nudge];
  return [nudge, { date, slot: FOLLOW_UP, type: 'follow_up', dueMs: endMs - Math.min(BEFORE_END_MS, (endMs - startMs) / 4), makeUpUntilMs: null }];
}

const atHour = (date: string, hour: number, timezone: string): number => instantOf(date, `${String(hour).padStart(2, '0')}:00`, timezone);
