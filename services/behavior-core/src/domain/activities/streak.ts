import type { Streak } from '@waggle/contracts';
import { dayNumber } from '../local-date.ts';
import type { LoadedActivity } from './loaded-activity.ts';
import type { Present } from './present.ts';
import { createTally, DONE, MISSED, PARTIAL, type Tally } from './tally.ts';

const RATE_DAYS = 30;

/**
 * Scheduled occurrences done in a row, from the first logged day on. Skipped and partial are neutral, a miss ends the row (a past day
 * without a record is one), and what is still open today does not. Null for a task: it has one occurrence.
 */
export function computeStreak(loaded: LoadedActivity, present: Present): Streak | null {
  if (loaded.activity.type === 'task') return null;
  const { first, last, outcomeOf } = tallyOf(loaded, present);
  let [current, longest] = [0, 0];
  for (let day = first(); day <= last; day++) {
    const outcome = outcomeOf(day);
    if (outcome === DONE) longest = Math.max(longest, ++current);
    else if (outcome === MISSED) current = 0;
  }
  return { current, longest };
}

/** done ÷ (done + missed + partial) over the last 30 local days; null where there is nothing to divide, and for a task. */
export function computeCompletionRate(loaded: LoadedActivity, present: Present): number | null {
  if (loaded.activity.type === 'task') return null;
  const { first, outcomeOf } = tallyOf(loaded, present);
  // Days before its creation count only from the first logged day on.
  const from = Math.max(present.todayNumber - RATE_DAYS + 1, Math.min(dayNumber(loaded.activity.createdOn), first()));
  let [done, counted] = [0, 0];
  for (let day = from; day <= present.todayNumber; day++) {
    const outcome = outcomeOf(day);
    if (outcome === DONE) done++;
    if (outcome === DONE || outcome === MISSED || outcome === PARTIAL) counted++;
  }
  return counted === 0 ? null : done / counted;
}

function tallyOf(loaded: LoadedActivity, present: Present): Tally {
  if (loaded.tally?.isOf(loaded.activity, present)) return loaded.tally;
  loaded.tally = createTally(loaded, present);
  return loaded.tally;
}
