import type { OccurrenceState, Streak } from '@waggle/contracts';
import type { Activity, History } from './activity.ts';
import { dayNumber } from '../local-date.ts';

const RATE_DAYS = 30;

/**
 * Scheduled occurrences done in a row, from the first logged day on. Skipped and partial are neutral, a miss ends the row (a past day
 * without a record is one), and what is still open today does not. Null for a task: it has one occurrence.
 */
export function computeStreak(activity: Pick<Activity, 'type'>, history: History, today: string): Streak | null {
  if (activity.type === 'task') return null;
  const [todayNumber, firstLogged] = [dayNumber(today), firstDay(history)];
  let [current, longest] = [0, 0];
  for (let day = firstLogged; day <= lastDay(history, todayNumber); day++) {
    const outcome = outcomeOf(history.get(day), day < todayNumber);
    if (outcome === 'done') longest = Math.max(longest, ++current);
    else if (outcome === 'missed') current = 0;
  }
  return { current, longest };
}

/** done ÷ (done + missed + partial) over the last 30 local days; null where there is nothing to divide, and for a task. */
export function computeCompletionRate(activity: Pick<Activity, 'type' | 'startsOn'>, history: History, today: string): number | null {
  if (activity.type === 'task') return null;
  const todayNumber = dayNumber(today);
  // Days before its creation count only from the first logged day on.
  const first = Math.max(todayNumber - RATE_DAYS + 1, Math.min(dayNumber(activity.startsOn), firstDay(history)));
  const counts = { done: 0, missed: 0, partial: 0, neutral: 0 };
  for (let day = first; day <= todayNumber; day++) counts[outcomeOf(history.get(day), day < todayNumber)]++;
  const counted = counts.done + counts.missed + counts.partial;
  return counted === 0 ? null : counts.done / counted;
}

function outcomeOf(state: OccurrenceState | undefined, isPast: boolean): 'done' | 'missed' | 'partial' | 'neutral' {
  if (state === 'done' || state === 'missed' || state === 'partial') return state;
  if (state === 'skipped') return 'neutral';
  return isPast ? 'missed' : 'neutral';
}

const firstDay = (history: History) => history.keys().reduce((first, day) => Math.min(first, day), Infinity);
const lastDay = (history: History, today: number) => history.keys().reduce((last, day) => Math.max(last, day), today);
