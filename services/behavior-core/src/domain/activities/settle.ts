import { derivedId, toUtc, type BehaviorEvent } from '@waggle/contracts';
import { dateOfDay, dayNumber } from '../local-date.ts';
import { isOpen, newOccurrence, type Activity, type Occurrence } from './activity.ts';
import { occurrenceEvent } from './events.ts';
import { record, type LoadedActivity } from './loaded-activity.ts';
import { isEnded, presentOf, type Present } from './present.ts';
import { computeStreak } from './streak.ts';

/** So many days of an activity at once: who was away for long goes on in the next pass. */
const DAYS_MAX = 31;

export interface Missed {
  activity: Activity;
  occurrence: Occurrence;
}

export interface Settlement {
  missed: Missed[];
  events: BehaviorEvent[];
  /** Activities as they are now; each was judged a bit further. */
  settled: Activity[];
  /** Some days are left for another pass. */
  isPart: boolean;
}

/**
 * Judges the days that have ended: an open occurrence is missed, and told of once, oldest first. Days before an activity's creation are not
 * judged. `now`: the time of the decision, which the events carry.
 */
export function settle(activities: readonly LoadedActivity[], now: string): Settlement {
  const judged = activities.filter(({ activity }) => activity.type !== 'task' && activity.archivedAt === null).map((loaded) => {
    const present = presentOf(loaded.activity, now);
    return { loaded, present, ...missesOf(loaded, present) };
  });
  const oldestFirst = judged
    .flatMap(({ loaded, present, occurrences }) => occurrences.map((occurrence) => ({ loaded, present, occurrence })))
    .toSorted((a, b) => (a.occurrence.date < b.occurrence.date ? -1 : Number(a.occurrence.date > b.occurrence.date)));
  const events = oldestFirst.map(({ loaded, present, occurrence }) => {
    record(loaded, occurrence);
    return missedEvent(loaded, occurrence, present);
  });
  for (const { loaded, settledUntil } of judged) loaded.activity = { ...loaded.activity, settledUntil };
  return {
    missed: oldestFirst.map(({ loaded, occurrence }) => ({ activity: loaded.activity, occurrence })),
    events,
    settled: judged.map(({ loaded }) => loaded.activity),
    isPart: judged.some(({ isPart }) => isPart),
  };
}

function missesOf({ activity, calendar, history, occurrences }: LoadedActivity, present: Present) {
  const from = dayNumber(activity.settledUntil);
  const ended = present.openYesterday ?? present.todayNumber;
  const until = Math.max(from, Math.min(ended, from + DAYS_MAX));
  const missed: Occurrence[] = [];
  // The history is whole; `occurrences` may hold some days of it only.
  for (let day = from; day < until; day++) {
    if (!history.has(day) && calendar.isScheduled(day)) missed.push(newOccurrence(dateOfDay(day)));
  }
  // Also those of earlier days: a snooze past midnight ends later than its day, and an ended day may be reopened.
  for (const occurrence of occurrences.values()) {
    const day = dayNumber(occurrence.date);
    const isCounted = isOpen(occurrence) && occurrence.scheduled && !occurrence.wasMissed && day >= dayNumber(activity.createdOn) && day < until;
    if (isCounted && isEnded(activity, { ...occurrence, day }, present)) missed.push(occurrence);
  }
  return { occurrences: missed.map(toMissed), settledUntil: dateOfDay(until), isPart: until < ended };
}

const toMissed = (occurrence: Occurrence): Occurrence => ({
  ...occurrence, state: 'missed', channel: null, at: null, snoozedUntil: null, wasMissed: true, run: occurrence.run && 'closed',
});

function missedEvent(loaded: LoadedActivity, occurrence: Occurrence, present: Present): BehaviorEvent {
  const { activity } = loaded;
  const head = { id: derivedId('evt', Date.parse(occurrence.date), activity.workspaceId, activity.id, occurrence.date, 'missed'), timestamp: toUtc(present.now) };
  return occurrenceEvent('activity.missed', head, { activity, occurrence, day: occurrence.date, streak: computeStreak(loaded, present), channel: undefined });
}
