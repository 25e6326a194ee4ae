import { describe, expect, test } from '@jest/globals';
import { anActivity } from '../../../test/builders.ts';
import { dayNumber, instantOf, localDate, startOfDay } from '../local-date.ts';
import { newOccurrence, type Activity, type Occurrence } from './activity.ts';
import { loadedActivity, record } from './loaded-activity.ts';
import { keptUnder, occurrenceDay, readOccurrence } from './occurrence-day.ts';
import { isEnded, nextEnd, presentOf } from './present.ts';
import { spanOf } from './window.ts';

const night = { start: '22:00', end: '02:00' };
const utc = (ms: number) => new Date(ms).toISOString().slice(0, 16);

describe("a user's day", () => {
  test.each([
    { instant: '2026-03-27T23:30:00Z', timezone: 'Europe/Berlin', date: '2026-03-28' },
    { instant: '2026-03-28T00:30:00Z', timezone: 'America/New_York', date: '2026-03-27' },
    { instant: '2026-03-27T18:29:59.999Z', timezone: 'Asia/Kolkata', date: '2026-03-27' },
    { instant: '2026-03-27T18:30:00Z', timezone: 'Asia/Kolkata', date: '2026-03-28' },
    { instant: '2026-03-27T10:00:00Z', timezone: 'Pacific/Kiritimati', date: '2026-03-28' },
    { instant: '2026-03-28T10:59:59Z', timezone: 'Pacific/Pago_Pago', date: '2026-03-27' },
    { instant: '2011-12-30T10:00:00Z', timezone: 'Pacific/Apia', date: '2011-12-31', description: 'after the day that Samoa left out' },
    { instant: '2026-03-28T23:59:59Z', timezone: 'UTC', date: '2026-03-28' },
  ])('at $instant in $timezone is $date', ({ instant, timezone, date }) => {
    expect(localDate(instant, timezone)).toBe(date);
  });

  test.each([
    { date: '2026-03-29', time: '02:30', timezone: 'Europe/Berlin', instant: '2026-03-29T01:00', description: 'a time that does not exist moves to the next that does' },
    { date: '2026-03-29', time: '02:00', timezone: 'Europe/Berlin', instant: '2026-03-29T01:00', description: 'the first that does not exist too' },
    { date: '2026-03-29', time: '03:00', timezone: 'Europe/Berlin', instant: '2026-03-29T01:00', description: 'which is this one' },
    { date: '2026-10-25', time: '02:30', timezone: 'Europe/Berlin', instant: '2026-10-25T00:30', description: 'of an ambiguous one it is the first' },
    { date: '2026-03-08', time: '02:30', timezone: 'America/New_York', instant: '2026-03-08T07:00', description: 'in America likewise' },
    { date: '2011-12-30', time: '12:00', timezone: 'Pacific/Apia', instant: '2011-12-30T10:00', description: 'on the day that Samoa left out it is the beginning of the next' },
    { date: '2026-03-28', time: '07:30', timezone: 'Europe/Berlin', instant: '2026-03-28T06:30', description: 'any other is what the clock says' },
  ])('$date $time in $timezone is $instant: $description', ({ date, time, timezone, instant }) => {
    expect(utc(instantOf(date, time, timezone))).toBe(instant);
  });

  test('begins where the clock goes forward at midnight too', () => {
    expect(utc(startOfDay('2026-04-24', 'Africa/Cairo'))).toBe('2026-04-23T22:00');
    expect(localDate('2026-04-23T21:59:59Z', 'Africa/Cairo')).toBe('2026-04-23');
  });

  test('a window over a change of clocks has the length that the clock shows', () => {
    const { startMs, endMs } = spanOf({ start: '01:00', end: '04:00' }, '2026-03-29', 'Europe/Berlin');
    expect((endMs - startMs) / 3_600_000).toBe(2);
  });
});

describe('the occurrence that an instant belongs to', () => {
  const dayOf = (at: string, activity: Partial<Activity> = {}, ...recorded: Occurrence[]) => {
    const loaded = loadedActivity(anActivity(activity));
    for (const occurrence of recorded) record(loaded, occurrence);
    return occurrenceDay(loaded, at);
  };
  const snoozed = { ...newOccurrence('2026-03-27'), state: 'snoozed' as const, snoozedUntil: '2026-03-28T00:30:00Z' };

  test.each([
    { at: '2026-03-28T01:59:59Z', activity: { window: night }, day: '2026-03-27', description: 'inside a window past midnight it is the first day' },
    { at: '2026-03-28T02:00:00Z', activity: { window: night }, day: '2026-03-28', description: 'at its end no more' },
    { at: '2026-03-28T23:00:00Z', activity: { window: night }, day: '2026-03-28', description: 'before midnight its own' },
    { at: '2026-03-28T01:00:00Z', activity: { window: { start: '01:30', end: '02:00' } }, day: '2026-03-28', description: 'any other window says nothing of days' },
    { at: '2026-03-28T01:00:00Z', activity: { window: night, recurrence: 'FREQ=WEEKLY;BYDAY=SA' }, day: '2026-03-28', description: 'a window needs an occurrence (the 27th is a Friday)' },
    { at: '2026-03-28T01:00:00Z', activity: { window: night, recurrence: 'FREQ=WEEKLY;BYDAY=FR' }, day: '2026-03-27', description: 'and has one then' },
    { at: '2026-03-28T01:30:00Z', activity: { window: { start: '23:00', end: '03:00' }, timezone: 'Europe/Berlin' }, day: '2026-03-27', description: "by the user's clock" },
  ])('$at: $description', ({ at, activity, day }) => {
    expect(dayOf(at, activity)).toBe(day);
  });

  test('is its own day, and on a day without one what was snoozed past midnight', () => {
    expect(dayOf('2026-03-28T00:40:00Z', {}, snoozed)).toBe('2026-03-28');
    expect(dayOf('2026-03-28T00:40:00Z', { recurrence: 'FREQ=WEEKLY;BYDAY=FR' }, snoozed)).toBe('2026-03-27');
    expect(dayOf('2026-03-29T00:40:00Z', { recurrence: 'FREQ=WEEKLY;BYDAY=FR' }, snoozed)).toBe('2026-03-29');
  });

  test("a task's is its only one", () => {
    expect(keptUnder(loadedActivity(anActivity({ type: 'task' })), '2026-03-28T01:00:00Z')).toBe('1970-01-01');
  });
});

describe('a day', () => {
  const ended = (date: string, now: string, { activity = {}, occurrence = {} }: { activity?: Partial<Activity>; occurrence?: Partial<Occurrence> } = {}) => {
    const one = anActivity(activity);
    return isEnded(one, { ...newOccurrence(date), ...occurrence, day: dayNumber(date) }, presentOf(one, now));
  };
  const snoozed = { state: 'snoozed', snoozedUntil: '2026-03-28T00:30:00Z' } as const;

  test.each([
    { now: '2026-03-27T23:59:59Z', given: {}, expected: false, description: 'lasts until midnight' },
    { now: '2026-03-28T00:00:00Z', given: {}, expected: true, description: 'is over then' },
    { now: '2026-03-27T23:00:00Z', given: { activity: { timezone: 'Europe/Berlin' } }, expected: true, description: "by the user's clock" },
    { now: '2026-03-28T01:59:00Z', given: { activity: { window: night } }, expected: false, description: 'with a window past midnight lasts until its end' },
    { now: '2026-03-28T02:00:00Z', given: { activity: { window: night } }, expected: true, description: 'and is over then' },
    { now: '2026-03-28T23:59:00Z', given: { occurrence: snoozed }, expected: false, description: 'snoozed past midnight lasts until the end of the day on which the snooze ends' },
    { now: '2026-03-29T00:00:00Z', given: { occurrence: snoozed }, expected: true, description: 'and is over then' },
    { now: '2030-01-01T00:00:00Z', given: { activity: { type: 'task' } }, expected: false, description: 'of a task never ends' },
  ] as const)('at $now: it $description', ({ now, given, expected }) => {
    expect(ended('2026-03-27', now, given)).toBe(expected);
  });

  test('ends next at midnight, or where a window past it does', () => {
    const at = (activity: Partial<Activity>, now: string) => utc(nextEnd(anActivity(activity), presentOf(anActivity(activity), now)));
    expect(at({}, '2026-03-28T12:00:00Z')).toBe('2026-03-29T00:00');
    expect(at({ timezone: 'Europe/Berlin' }, '2026-03-28T12:00:00Z')).toBe('2026-03-28T23:00');
    expect(at({ window: night }, '2026-03-28T01:00:00Z')).toBe('2026-03-28T02:00');
    expect(at({ window: night }, '2026-03-28T02:00:00Z')).toBe('2026-03-29T00:00');
  });

  test('over which a snooze ended reads as pending, and one that ended open as missed', () => {
    const loaded = loadedActivity(anActivity());
    const read = (at: string, now: string) => readOccurrence(loaded, { ...newOccurrence('2026-03-27'), state: 'snoozed', snoozedUntil: '2026-03-27T09:00:00Z' }, { at, present: presentOf(loaded.activity, now) });
    expect(read('2026-03-27T08:59:00Z', '2026-03-27T12:00:00Z')).toMatchObject({ state: 'snoozed' });
    expect(read('2026-03-27T09:00:00Z', '2026-03-27T12:00:00Z')).toMatchObject({ state: 'pending', snoozedUntil: null });
    expect(read('2026-03-27T08:59:00Z', '2026-03-28T00:00:00Z')).toMatchObject({ state: 'missed', snoozedUntil: null });
  });
});
