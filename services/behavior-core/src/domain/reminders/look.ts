import { isEnded, presentOf } from '../activities/present.ts';
import { occurrenceOn } from '../activities/loaded-activity.ts';
import { dateOfDay, dayNumber, localDate } from '../local-date.ts';
import { remindersOn, taskDay } from './plan-reminders.ts';
import { LATE_MAX_MS, NUDGE, reminderKey, type Remindable, type Reminder, type ReminderOutcome } from './reminder.ts';

/** After a longer outage only the last days are counted through. */
export const DAYS_BACK = 7;
/** Without a reminder in so many days, another look is taken then. */
const DAYS_AHEAD = 32;

/**
 * One look at the clock. `since`: when this look was planned for, or when something changed, whichever was earlier. What was due before was
 * decided by an earlier look, or was not to be sent then: because the activity was done, or did not exist.
 */
export interface Look {
  since: string;
  now: string;
  /** The user's preferred one. */
  hour: number;
}

export interface Judged {
  reminder: Reminder;
  /** Whether it is to be sent is for the user's daily limit to say. */
  outcome: Exclude<ReminderOutcome, 'sent' | 'over_limit'> | 'due';
}

/** What is due of an activity and not decided yet, oldest first. Of one occurrence one is sent at most, the latest. */
export function judgeDue(remindable: Remindable, look: Look): Judged[] {
  const days = candidateDays(remindable, look);
  return days.flatMap((date) => judgeOccurrence(remindable, date, look)).toSorted((a, b) => a.reminder.dueMs - b.reminder.dueMs);
}

function judgeOccurrence(remindable: Remindable, date: string, look: Look): Judged[] {
  const nowMs = Date.parse(look.now);
  const due = remindersOn(remindable, date, look.hour).filter((reminder) => reminder.dueMs <= nowMs && isUndecided(remindable, reminder) && isMeant(remindable, reminder, look));
  if (due.length === 0) return [];
  const isOver = isOverAt(remindable, date, look.now);
  // The latest that is in time. What lies before it would be told twice in a row.
  const last = due.filter((reminder) => !isOver && latenessMs(reminder, look) <= LATE_MAX_MS).toSorted((a, b) => a.dueMs - b.dueMs).at(-1);
  return due.map((reminder): Judged => {
    if (reminder === last) return { reminder, outcome: 'due' };
    return { reminder, outcome: isOver || latenessMs(reminder, look) > LATE_MAX_MS ? 'late' : 'superseded' };
  });
}

const isUndecided = ({ decided }: Remindable, reminder: Reminder): boolean => !decided.has(reminderKey(reminder));

/** One that was due before this look's time is made up for only in its open window, or where its snooze is told of late, and where nothing was said of that yet. */
function isMeant({ decided }: Remindable, { date, slot, dueMs, makeUpUntilMs }: Reminder, { since, now }: Look): boolean {
  if (dueMs >= Date.parse(since)) return true;
  if (makeUpUntilMs === null || Date.parse(now) >= makeUpUntilMs) return false;
  // The nudge is for whoever heard nothing of the occurrence. A snooze's end is one, also under the other date that a task was moved to.
  return ![...decided].some((key) => (slot === NUDGE ? key.startsWith(`${date} `) : key.endsWith(` ${slot}`)));
}

/** By how much we are late: with what only now became due, not at all. */
const latenessMs = ({ dueMs }: Reminder, { since, now }: Look): number => Date.parse(now) - Math.max(dueMs, Date.parse(since));

function isOverAt(remindable: Remindable, date: string, now: string): boolean {
  const { activity } = remindable;
  if (activity.type === 'task') return false;
  return isEnded(activity, { ...occurrenceOn(remindable, date), day: dayNumber(date) }, presentOf(activity, now));
}

/** Days whose reminders may lie between the look's time and now. */
function candidateDays(remindable: Remindable, { since, now }: Look): string[] {
  const { activity } = remindable;
  if (activity.type === 'task') return [taskDay(activity)];
  const today = dayNumber(localDate(now, activity.timezone));
  // A window past midnight has its follow-up on the day after.
  const first = Math.max(dayNumber(localDate(since, activity.timezone)) - 1, today - DAYS_BACK);
  return [...new Set([...datesBetween(Math.min(first, today - 1), today), ...snoozedDays(remindable)])];
}

const datesBetween = (first: number, last: number): string[] => Array.from({ length: last - first + 1 }, (_, index) => dateOfDay(first + index));

const snoozedDays = ({ occurrences }: Remindable): string[] => [...occurrences.values()].flatMap(({ date, snoozedUntil }) => (snoozedUntil === null ? [] : [date]));

/** When the next reminder of the activity will be due, as things stand; for a rare one, when to look again. Null: never. */
export function nextLook(remindable: Remindable, { now, hour }: Pick<Look, 'now' | 'hour'>): number | null {
  const { activity } = remindable;
  const nowMs = Date.parse(now);
  const aheadOn = (dates: readonly string[]): number[] =>
    dates.flatMap((date) => remindersOn(remindable, date, hour)).filter((reminder) => reminder.dueMs > nowMs && isUndecided(remindable, reminder)).map(({ dueMs }) => dueMs);
  if (!activity.reminders.enabled) return null;
  if (activity.type === 'task') return earliest(aheadOn([taskDay(activity)]));

  const today = dayNumber(localDate(now, activity.timezone));
  const near = earliest(aheadOn([...new Set([...datesBetween(today - 1, today + 1), ...snoozedDays(remindable)])]));
  if (near !== null) return near;
  for (let day = today + 2; day <= today + DAYS_AHEAD; day++) {
    const found = earliest(aheadOn([dateOfDay(day)]));
    if (found !== null) return found;
  }
  return nowMs + DAYS_AHEAD * 86_400_000;
}

const earliest = (instants: readonly number[]): number | null => (instants.length === 0 ? null : Math.min(...instants));
