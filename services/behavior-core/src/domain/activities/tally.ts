import { dayNumber, localDate } from '../local-date.ts';
import type { Activity, History, LoggedDay } from './activity.ts';
import type { Calendar } from './calendar.ts';
import { isEnded, type Present } from './present.ts';

/** What a day is for streak and rate. */
export const DONE = 1;
export const MISSED = 2;
export const PARTIAL = 3;
const NEUTRAL = 0;
const OUTCOMES: Readonly<Partial<Record<LoggedDay['state'], number>>> = { done: DONE, missed: MISSED, partial: PARTIAL, skipped: NEUTRAL };

/** Days before the earliest that there is room for, so that a backfill from the newest day to the oldest does not begin anew with each. */
const ROOM = 400;

/**
 * Each day of an activity, judged once: a change touches one of them. Counting them anew takes microseconds, which matters because a batch
 * asks for the streak after each of its events, and histories grow for years.
 */
export interface Tally {
  isOf(activity: Activity, present: Present): boolean;
  /** To be called when a day's record has changed. False: this tally has no room for that day. */
  touch(day: number): boolean;
  /** The first day that counts: with a scheduled occurrence that something became of. Infinity without one. */
  first(): number;
  last: number;
  outcomeOf(day: number): number;
}

interface Recorded {
  activity: Activity;
  calendar: Calendar;
  history: History;
}

export function createTally({ activity, calendar, history }: Recorded, present: Present): Tally {
  const judge = judgeBy({ activity, calendar, history }, present);
  const days = [...history.keys()];
  const createdOn = dayNumber(activity.createdOn);
  const last = days.reduce((latest, day) => Math.max(latest, day), present.todayNumber);
  const origin = days.reduce((earliest, day) => Math.min(earliest, day), Math.min(createdOn, last)) - ROOM;
  const outcomes = new Uint8Array(last - origin + 1);
  let first = days.reduce((earliest, day) => (isBeginning(history.get(day)) ? Math.min(earliest, day) : earliest), Infinity);
  // Days before both are nobody's, so the schedule is not asked for them.
  let begin = last + 1;

  function judgeFrom(day: number) {
    for (let each = day; each < begin; each++) outcomes[each - origin] = judge(each);
    begin = Math.min(begin, day);
  }
  judgeFrom(Math.min(createdOn, first));

  return {
    last,
    isOf: (other, { todayNumber, openYesterday }) => other === activity && todayNumber === present.todayNumber && openYesterday === present.openYesterday,
    touch(day) {
      if (day < origin || day > last) return false;
      judgeFrom(day);
      outcomes[day - origin] = judge(day);
      if (isBeginning(history.get(day))) first = Math.min(first, day);
      // What was first is undone: the next one is.
      else if (day === first) while (first <= last && !isBeginning(history.get(first))) first++;
      return true;
    },
    first: () => (first > last ? Infinity : first),
    outcomeOf: (day) => (day < begin ? NEUTRAL : (outcomes[day - origin] ?? NEUTRAL)),
  };
}

const isBeginning = (logged: LoggedDay | undefined): boolean => logged !== undefined && logged.scheduled && logged.state !== 'pending';

function judgeBy({ activity, calendar, history }: Recorded, present: Present): (day: number) => number {
  const [createdOn, settledUntil] = [dayNumber(activity.createdOn), dayNumber(activity.settledUntil)];
  const archivedOn = activity.archivedAt === null ? Infinity : dayNumber(localDate(activity.archivedAt, activity.timezone));
  const ofSilence = (day: number) => {
    if (day >= present.todayNumber || day === present.openYesterday || day >= archivedOn) return NEUTRAL;
    // A day that was judged and has no record had no occurrence, whatever the schedule says now.
    if (day >= createdOn && day < settledUntil) return NEUTRAL;
    return calendar.isScheduled(day) ? MISSED : NEUTRAL;
  };
  return (day) => {
    const logged = history.get(day);
    if (logged === undefined) return ofSilence(day);
    if (!logged.scheduled) return NEUTRAL;
    return OUTCOMES[logged.state] ?? (isEnded(activity, { day, ...logged }, present) ? MISSED : NEUTRAL);
  };
}
