/** A year of what 50 people did, in several zones, as a partner's log holds it: in the order of arrival, some of it late, some of it twice. */
export interface LoggedBody {
  event: string;
  activity_id: string;
  user_id: string;
  timestamp: string;
  channel?: string;
  step_id?: string;
  snooze_minutes?: number;
}

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Auckland', 'America/Sao_Paulo'];
const DAY_MS = 86_400_000;
const YEAR_BEGINS = Date.UTC(2025, 9, 1);
const STEPS = [{ id: 'stp_1', name: 'Stretch' }, { id: 'stp_2', name: 'Read' }, { id: 'stp_3', name: 'Plan' }];

export const people = Array.from({ length: 50 }, (_, n) => ({
  userId: `usr_${n}`,
  timezone: ZONES[n % ZONES.length]!,
  activities: [
    { id: `act_water_${n}`, type: 'habit', name: 'Drink water', channels: ['telegram'] },
    { id: `act_run_${n}`, type: 'habit', name: 'Run', schedule: { recurrence: 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR', window: { start: '22:00', end: '01:30' } } },
    { id: `act_morning_${n}`, type: 'routine', name: 'Morning', steps: STEPS },
    { id: `act_taxes_${n}`, type: 'task', name: 'Taxes', schedule: { due_at: '2026-05-31T18:00:00Z' } },
  ],
}));

/** mulberry32: the same numbers each time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function makeLog(count: number, seed: number): LoggedBody[] {
  const random = createRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const happened = Array.from({ length: Math.ceil(count * 0.95) }, () => {
    const person = pick(people);
    const atMs = YEAR_BEGINS + Math.floor(random() * 365 * DAY_MS);
    const activity = pick(person.activities);
    const timestamp = new Date(Math.floor(atMs / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
    const body: LoggedBody = { ...whatHappened(activity.type, pick), activity_id: activity.id, user_id: person.userId, timestamp, ...(random() < 0.3 && { channel: pick(['slack', 'telegram']) }) };
    // One in ten comes late, by up to a month.
    return { body, arrivesAt: atMs + (random() < 0.1 ? random() * 30 * DAY_MS : 0) };
  });
  const arrived = happened.toSorted((a, b) => a.arrivesAt - b.arrivesAt).map(({ body }) => body);
  for (let index = 0; arrived.length < count; index += 17) arrived.splice((index * 31) % arrived.length, 0, arrived[(index * 29) % arrived.length]!);
  return arrived;
}

function whatHappened(type: string, pick: <Item>(items: readonly Item[]) => Item): Pick<LoggedBody, 'event' | 'step_id' | 'snooze_minutes'> {
  const event = pick(['activity.completed', 'activity.completed', 'activity.completed', 'activity.skipped', 'activity.snoozed', 'activity.reopened', ...(type === 'routine' ? ['routine.activated', 'routine.step_completed', 'routine.step_completed', 'routine.step_skipped'] : [])]);
  if (event === 'activity.snoozed') return { event, snooze_minutes: pick([10, 60, 240, 1_440]) };
  return event.startsWith('routine.step') ? { event, step_id: pick(STEPS).id } : { event };
}
