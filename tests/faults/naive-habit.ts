import type { ActivityView, BehaviorEvent } from '@waggle/contracts';

type Move = 'activity.completed' | 'activity.skipped' | 'activity.reopened';
type State = 'pending' | 'done' | 'skipped';

// The contract's table (section 2), for what is neither snoozed nor missed: from where each may come, and what it makes.
const MOVES: Record<Move, { from: State[]; to: State }> = {
  'activity.completed': { from: ['pending', 'skipped'], to: 'done' },
  'activity.skipped': { from: ['pending'], to: 'skipped' },
  'activity.reopened': { from: ['done', 'skipped'], to: 'pending' },
};

/** What is to be seen of a habit after one of its events. */
export interface Snapshot {
  name: string;
  version: number;
  days: Record<string, { state: State; at: string | null }>;
  streak: { current: number; longest: number };
}

/** What all of a habit's events say, in order. A habit of every day that was made today, without snoozes. Throws where one cannot follow. */
export function replay(events: readonly BehaviorEvent[], days: Days): Snapshot[] {
  const snapshots: Snapshot[] = [];
  for (const event of events) snapshots.push(follow(snapshots.at(-1), event, days));
  return snapshots;
}

type Moved = Extract<BehaviorEvent, { event: Move }>;
interface Days {
  today: string;
  localDate(at: string): string;
}

function follow(before: Snapshot | undefined, event: BehaviorEvent, days: Days): Snapshot {
  const wrong = (what: string): never => {
    throw new Error(`${event.id}, ${event.event} of ${event.timestamp}: ${what}, after ${JSON.stringify(before)}`);
  };
  if (event.event === 'activity.created') return { name: event.activity.name, version: 1, days: {}, streak: { current: 0, longest: 0 } };
  if (before === undefined) return wrong('nothing was created');
  if (event.event === 'activity.updated') {
    if (event.activity.version !== before.version + 1) wrong(`has version ${event.activity.version}`);
    return { ...before, name: event.activity.name, version: event.activity.version };
  }
  return isMove(event) ? move(before, event, { ...days, wrong }) : wrong('is unexpected');
}

const isMove = (event: BehaviorEvent): event is Moved => event.event in MOVES;

function move(before: Snapshot, { event, timestamp, activity }: Moved, { today, localDate, wrong }: Days & { wrong(what: string): void }): Snapshot {
  const { name, occurrence_date: date, streak } = activity;
  const { from, to } = MOVES[event];
  const days = { ...before.days, [date]: { state: to, at: to === 'pending' ? null : timestamp } };
  const after = { ...before, days, streak: streakOf(days, today) };
  if (!from.includes(before.days[date]?.state ?? 'pending')) wrong(`cannot follow on ${date}`);
  if (date !== localDate(timestamp)) wrong(`is told of ${date}`);
  if (name !== before.name) wrong(`has the name ${name}`);
  if (JSON.stringify(streak) !== JSON.stringify(after.streak)) wrong(`tells the streak ${JSON.stringify(streak)} instead of ${JSON.stringify(after.streak)}`);
  return after;
}

function streakOf(days: Snapshot['days'], today: string): Snapshot['streak'] {
  let [current, longest] = [0, 0];
  const first = Object.keys(days).toSorted()[0] ?? today;
  for (let ms = Date.parse(first); ms <= Date.parse(today); ms += 86_400_000) {
    const date = new Date(ms).toISOString().slice(0, 10);
    const state = days[date]?.state;
    if (state === 'done') longest = Math.max(longest, ++current);
    else if (state !== 'skipped' && date !== today) current = 0;
  }
  return { current, longest };
}

/** The same of an answer. */
export function seenIn({ name, version, today, streak }: ActivityView) {
  return { name, version, state: today.state, at: today.at, streak };
}

export function seenOn(today: string, { name, version, days, streak }: Snapshot) {
  const { state, at } = days[today] ?? { state: 'pending', at: null };
  return { name, version, state, at, streak };
}
