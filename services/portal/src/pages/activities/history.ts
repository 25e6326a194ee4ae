export type DayState = 'done' | 'skipped' | 'missed' | 'partial';

const STATES: Readonly<Record<string, DayState | null>> = {
  'activity.completed': 'done', 'activity.skipped': 'skipped', 'activity.missed': 'missed', 'routine.partial': 'partial', 'activity.reopened': null,
};

/** What each local day came to, from an activity's events in the order in which they happened: the last word about a day counts. */
export function historyOf(events: readonly Readonly<Record<string, unknown>>[]): ReadonlyMap<string, DayState> {
  const days = new Map<string, DayState>();
  for (const event of events) {
    const state = STATES[String(event['event'])];
    const { occurrence_date: day } = (event['activity'] ?? event['routine'] ?? {}) as { occurrence_date?: unknown };
    if (state === undefined || typeof day !== 'string') continue;
    if (state === null) days.delete(day);
    else days.set(day, state);
  }
  return days;
}

const DAY_MS = 86_400_000;

/** Weeks from Monday to Sunday, the last of which holds `today`; days as `2026-03-28`. */
export function weeksUntil(today: string, count: number): string[][] {
  const end = Date.parse(`${today}T00:00:00Z`);
  const sinceMonday = (new Date(end).getUTCDay() + 6) % 7;
  const first = end - (sinceMonday + (count - 1) * 7) * DAY_MS;
  return Array.from({ length: count }, (_, week) => Array.from({ length: 7 }, (_day, day) => new Date(first + (week * 7 + day) * DAY_MS).toISOString().slice(0, 10)));
}
