import { expect, test } from '@jest/globals';
import type { OccurrenceBody } from '@waggle/contracts';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { about, aState, anActivity, anInstruction, LIMITS } from '../../../test/builders.ts';
import { decideBatch } from '../commands/decide-batch.ts';
import type { Activity } from './activity.ts';
import { loadedActivity } from './loaded-activity.ts';
import { presentOf } from './present.ts';
import { settle } from './settle.ts';
import { computeCompletionRate, computeStreak } from './streak.ts';

// A model that knows nothing of the code: one record per day, wall clocks from Temporal, and every number counted anew from all days.
type State = 'pending' | 'snoozed' | 'done' | 'skipped' | 'missed';
interface Day { state: State; scheduled: boolean; until: number | null }
type Action = 'completed' | 'skipped' | 'snoozed' | 'reopened';

const TABLE: Record<Action, Partial<Record<State, State>>> = {
  completed: { pending: 'done', snoozed: 'done', skipped: 'done', missed: 'done' },
  skipped: { pending: 'skipped', snoozed: 'skipped', missed: 'skipped' },
  snoozed: { pending: 'snoozed', snoozed: 'snoozed' },
  reopened: { snoozed: 'pending', done: 'pending', skipped: 'pending' },
};

function modelOf({ timezone, window, createdOn, recurrence }: Activity) {
  const days = new Map<string, Day>();
  const zoned = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);
  const dateAt = (ms: number) => zoned(ms).toPlainDate();
  const isScheduled = (date: Temporal.PlainDate) => recurrence === null || [1, 3, 5].includes(date.dayOfWeek);
  const runsPastMidnight = window !== null && window.end < window.start;

  function endOf(date: Temporal.PlainDate): number {
    const next = date.add({ days: 1 });
    const day = days.get(date.toString());
    const ends = [next.toZonedDateTime(timezone).epochMilliseconds];
    if (runsPastMidnight) ends.push(next.toZonedDateTime({ timeZone: timezone, plainTime: window.end }).epochMilliseconds);
    if (day?.state === 'snoozed' && day.until !== null) ends.push(dateAt(day.until).add({ days: 1 }).toZonedDateTime(timezone).epochMilliseconds);
    return Math.max(...ends);
  }

  function dayOf(ms: number): Temporal.PlainDate {
    const date = dateAt(ms);
    const yesterday = date.subtract({ days: 1 });
    const isInside = runsPastMidnight && ms < date.toZonedDateTime({ timeZone: timezone, plainTime: window.end }).epochMilliseconds;
    return isInside && (days.get(yesterday.toString())?.scheduled ?? isScheduled(yesterday)) ? yesterday : date;
  }

  function readAs({ state, scheduled, until }: Day, date: Temporal.PlainDate, { at, now }: { at: number; now: number }): State {
    if (state !== 'pending' && state !== 'snoozed') return state;
    if (scheduled && date.toString() >= createdOn && now >= endOf(date)) return 'missed';
    return state === 'snoozed' && until !== null && until <= at ? 'pending' : state;
  }

  function apply(action: Action, at: number, { until, now }: { until: number | null; now: number }) {
    const date = dayOf(at);
    const day = days.get(date.toString()) ?? { state: 'pending', scheduled: isScheduled(date), until: null };
    const next = TABLE[action][readAs(day, date, { at, now })];
    if (next === undefined || (!day.scheduled && action !== 'completed')) return;
    days.set(date.toString(), { ...day, state: next, until: next === 'snoozed' ? until : null });
  }

  /** done, missed or nothing: what a day is for streak and rate. */
  function outcomeOf(date: Temporal.PlainDate, now: number): string {
    const day = days.get(date.toString());
    if (!(day?.scheduled ?? isScheduled(date))) return '';
    if (day !== undefined && day.state !== 'pending' && day.state !== 'snoozed') return day.state === 'skipped' ? '' : day.state;
    return now >= endOf(date) ? 'missed' : '';
  }

  function* from(first: Temporal.PlainDate, last: Temporal.PlainDate) {
    for (let date = first; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) yield date;
  }

  function measure(now: number) {
    const today = dateAt(now);
    const recorded = [...days.keys()].toSorted();
    const first = recorded.find((date) => days.get(date)!.scheduled && days.get(date)!.state !== 'pending');
    const last = [today.toString(), ...recorded].toSorted().at(-1)!;
    let [current, longest] = [0, 0];
    for (const date of first === undefined ? [] : from(Temporal.PlainDate.from(first), Temporal.PlainDate.from(last))) {
      const outcome = outcomeOf(date, now);
      current = outcome === 'missed' ? 0 : current + Number(outcome === 'done');
      longest = Math.max(longest, current);
    }
    const begin = [first ?? createdOn, createdOn].toSorted()[0]!;
    const counted = [...from(today.subtract({ days: 29 }), today)].filter((date) => date.toString() >= begin).map((date) => outcomeOf(date, now));
    const count = (outcome: string) => counted.filter((one) => one === outcome).length;
    const [done, missed] = [count('done'), count('missed')];
    return { streak: { current, longest }, rate: done + missed === 0 ? null : done / (done + missed) };
  }

  return { apply, measure };
}

const START = Date.parse('2026-03-05T09:00:00Z');
const HOUR = 3_600_000;
// With clocks going forward and back in the months that a history covers, at midnight too, by half an hour, and not at all.
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Africa/Cairo', 'America/Havana', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Kiritimati', 'Pacific/Pago_Pago');
const schedules = fc.constantFrom({ recurrence: null, window: null }, { recurrence: null, window: { start: '22:00', end: '02:30' } }, { recurrence: 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR', window: { start: '22:00', end: '02:30' } });
const steps = fc.array(
  fc.record({
    action: fc.constantFrom<Action>('completed', 'completed', 'skipped', 'snoozed', 'reopened'),
    // Days that come again, so that what was done is also undone.
    hoursLater: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 60 }) }),
    hoursBack: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.constantFrom(24, 72, 240, 480) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 900 }) },
    ),
    minutes: fc.integer({ min: 1, max: 1_440 }),
    isSwept: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

test('streak and rate are what a naive model counts from all occurrences, for any history, zone and schedule', () => {
  fc.assert(
    fc.property(zones, schedules, fc.constantFrom(0, 220 * 24), steps, (timezone, schedule, offset, history) => {
      let now = START + offset * HOUR;
      const createdOn = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone).toPlainDate().toString();
      const loaded = loadedActivity(anActivity({ timezone, ...schedule, startsOn: createdOn }));
      const model = modelOf(loaded.activity);
      for (const { action, hoursLater, hoursBack, minutes, isSwept } of history) {
        // On days without an occurrence what was snoozed past midnight is found again; the model does not know that.
        if (action === 'snoozed' && schedule.recurrence !== null) continue;
        now += hoursLater * HOUR;
        const at = now - hoursBack * HOUR;
        const body = about(`activity.${action}` as OccurrenceBody['event'], new Date(at).toISOString(), action === 'snoozed' ? { snooze_minutes: minutes } : {});
        decideBatch([anInstruction(body)], aState([loaded]), { now: new Date(now).toISOString(), limits: LIMITS });
        model.apply(action, at, { until: at + minutes * 60_000, now });
        if (isSwept) settle([loaded], new Date(now).toISOString());
        const present = presentOf(loaded.activity, new Date(now).toISOString());
        expect({ streak: computeStreak(loaded, present), rate: computeCompletionRate(loaded, present) }).toEqual(model.measure(now));
      }
    }),
    { numRuns: 150 },
  );
});
