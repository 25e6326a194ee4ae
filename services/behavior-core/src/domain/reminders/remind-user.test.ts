import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anActivity, aRoutine } from '../../../test/builders.ts';
import { aReminded, playReminders, type Play } from '../../../test/play-reminders.ts';
import { newOccurrence, TASK_DATE, type Occurrence } from '../activities/activity.ts';
import { createCalendar } from '../activities/calendar.ts';
import { remindUser } from './remind-user.ts';

const on = (date: string, state: Occurrence['state'], more: Partial<Occurrence> = {}): Occurrence => ({ ...newOccurrence(date), state, ...more });
const morning = { start: '08:00', end: '12:00' };
const told = (given: Play) => playReminders(given).map(({ at, what }) => `${at} ${what}`);

describe('a habit with a window', () => {
  const habit = anActivity({ window: morning });
  const day = { activity: habit, from: '2026-03-28T00:00:00Z', until: '2026-03-29T00:00:00Z' };

  test('has a nudge at its start and one follow-up near its end, then it is quiet', () => {
    expect(told(day)).toEqual(['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28']);
  });

  test('a short window has its follow-up after three quarters', () => {
    expect(told({ ...day, activity: anActivity({ window: { start: '08:00', end: '08:20' } }) })).toEqual([
      '2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T08:15 sent follow_up of 2026-03-28',
    ]);
  });

  test.each([
    { description: 'done before', changes: [{ at: '2026-03-28T07:00:00Z', occurrence: on('2026-03-28', 'done') }], expected: [] },
    { description: 'skipped after the nudge', changes: [{ at: '2026-03-28T09:00:00Z', occurrence: on('2026-03-28', 'skipped') }], expected: ['2026-03-28T08:00 sent nudge of 2026-03-28'] },
    { description: 'closed as partial', changes: [{ at: '2026-03-28T09:00:00Z', occurrence: on('2026-03-28', 'partial') }], expected: ['2026-03-28T08:00 sent nudge of 2026-03-28'] },
    {
      description: 'done before and reopened in its window: made up for at once',
      changes: [{ at: '2026-03-28T07:00:00Z', occurrence: on('2026-03-28', 'done') }, { at: '2026-03-28T10:00:00Z', occurrence: on('2026-03-28', 'pending') }],
      expected: ['2026-03-28T10:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'done after its nudge and reopened: the follow-up alone',
      changes: [{ at: '2026-03-28T08:10:00Z', occurrence: on('2026-03-28', 'done') }, { at: '2026-03-28T10:00:00Z', occurrence: on('2026-03-28', 'pending') }],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'reopened after its window: nothing',
      changes: [{ at: '2026-03-28T07:10:00Z', occurrence: on('2026-03-28', 'done') }, { at: '2026-03-28T13:00:00Z', occurrence: on('2026-03-28', 'pending') }],
      expected: [],
    },
    {
      description: 'snoozed before its window: the nudge moves',
      changes: [{ at: '2026-03-28T07:00:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T09:30:00Z' }) }],
      expected: ['2026-03-28T09:30 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'snoozed past its follow-up: one nudge at the end of the snooze',
      changes: [{ at: '2026-03-28T09:00:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T13:00:00Z' }) }],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T13:00 sent nudge of 2026-03-28'],
    },
    {
      description: 'snoozed twice: each end has its nudge',
      changes: [
        { at: '2026-03-28T08:05:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T08:30:00Z' }) },
        { at: '2026-03-28T08:35:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T09:00:00Z' }) },
      ],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T08:30 sent nudge of 2026-03-28', '2026-03-28T09:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'snoozed by a command that came after its end: nudged at once, and once',
      changes: [{ at: '2026-03-28T09:00:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T08:58:00Z' }) }],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T09:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'snoozed by a command that came more than 30 minutes after its end: the follow-up alone',
      changes: [{ at: '2026-03-28T09:00:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T08:29:59Z' }) }],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'snoozed a year ago, as a backfill says: nothing of it is looked at',
      changes: [{ at: '2026-03-28T07:00:00Z', occurrence: on('2025-03-28', 'snoozed', { snoozedUntil: '2025-03-28T09:00:00Z' }) }],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'snoozed and done before its end: nothing more',
      changes: [
        { at: '2026-03-28T08:05:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T08:30:00Z' }) }, { at: '2026-03-28T08:20:00Z', occurrence: on('2026-03-28', 'done') },
      ],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28'],
    },
    {
      description: 'snoozed past its start and begun before: the follow-up alone',
      changes: [
        { at: '2026-03-28T07:00:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T13:00:00Z' }) }, { at: '2026-03-28T10:00:00Z', occurrence: on('2026-03-28', 'pending', { run: 'open' }) },
      ],
      expected: ['2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'reopened after the nudge of a snooze: not nudged again',
      changes: [
        { at: '2026-03-28T07:00:00Z', occurrence: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T09:00:00Z' }) }, { at: '2026-03-28T09:10:00Z', occurrence: on('2026-03-28', 'pending') },
      ],
      expected: ['2026-03-28T09:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'its reminders switched off',
      changes: [{ at: '2026-03-28T07:00:00Z', activity: anActivity({ window: morning, reminders: { enabled: false, followUp: true } }) }],
      expected: [],
    },
    {
      description: 'its window moved after the nudge: told once',
      changes: [{ at: '2026-03-28T09:00:00Z', activity: anActivity({ window: { start: '14:00', end: '15:00' } }) }],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T14:50 sent follow_up of 2026-03-28'],
    },
    {
      description: 'in another zone after the nudge: told once',
      changes: [{ at: '2026-03-28T09:00:00Z', activity: anActivity({ window: morning, timezone: 'America/New_York' }) }],
      expected: ['2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T15:50 sent follow_up of 2026-03-28'],
    },
  ])('$description', ({ changes, expected }) => {
    expect(told({ ...day, changes })).toEqual(expected);
    // Looks for other reasons change nothing.
    expect(told({ ...day, changes, alsoAt: Array.from({ length: 23 }, (_, hour) => `2026-03-28T${String(hour + 1).padStart(2, '0')}:07:00Z`) })).toEqual(expected);
  });

  test('made in its open window it is nudged at once, after its follow-up too, and after its end not', () => {
    expect(told({ ...day, from: '2026-03-28T10:00:00Z' })).toEqual(['2026-03-28T10:00 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28']);
    expect(told({ ...day, from: '2026-03-28T11:55:00Z' })).toEqual(['2026-03-28T11:55 sent nudge of 2026-03-28']);
    expect(told({ ...day, from: '2026-03-28T12:00:00Z' })).toEqual([]);
  });

  test.each([
    { until: '2026-03-28T08:30:00Z', expected: ['2026-03-28T08:30 sent nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'], description: 'sent once where it is in time' },
    { until: '2026-03-28T08:30:01Z', expected: ['2026-03-28T08:30 late nudge of 2026-03-28', '2026-03-28T11:50 sent follow_up of 2026-03-28'], description: 'dropped and counted later' },
    { until: '2026-03-28T12:05:00Z', expected: ['2026-03-28T12:05 late nudge of 2026-03-28', '2026-03-28T12:05 sent follow_up of 2026-03-28'], description: 'each by its own lateness' },
    { until: '2026-03-28T23:00:00Z', expected: ['2026-03-28T23:00 late nudge of 2026-03-28', '2026-03-28T23:00 late follow_up of 2026-03-28'], description: 'nothing in a burst' },
  ])('an outage until $until: $description', ({ until, expected }) => {
    expect(told({ ...day, outage: { from: '2026-03-28T07:00:00Z', until } })).toEqual(expected);
  });

  test('two that are both in time are not told in a row: the later one is', () => {
    const activity = anActivity({ window: { start: '08:00', end: '08:20' } });
    expect(told({ ...day, activity, outage: { from: '2026-03-28T07:00:00Z', until: '2026-03-28T08:25:00Z' } })).toEqual([
      '2026-03-28T08:25 superseded nudge of 2026-03-28', '2026-03-28T08:25 sent follow_up of 2026-03-28',
    ]);
  });

  test('what was due on days that ended in an outage is counted, and nothing of them is sent', () => {
    const outage = { from: '2026-03-28T07:00:00Z', until: '2026-03-30T07:00:00Z' };
    expect(told({ ...day, until: '2026-03-30T08:00:01Z', outage })).toEqual([
      '2026-03-30T07:00 late nudge of 2026-03-28', '2026-03-30T07:00 late follow_up of 2026-03-28', '2026-03-30T07:00 late nudge of 2026-03-29', '2026-03-30T07:00 late follow_up of 2026-03-29',
      '2026-03-30T08:00 sent nudge of 2026-03-30',
    ]);
  });
});

describe('a window past midnight', () => {
  const night = anActivity({ window: { start: '23:00', end: '01:00' } });

  test('has its follow-up on the day after, and both are of its first day', () => {
    expect(told({ activity: night, from: '2026-03-28T12:00:00Z', until: '2026-03-29T12:00:00Z' })).toEqual([
      '2026-03-28T23:00 sent nudge of 2026-03-28', '2026-03-29T00:50 sent follow_up of 2026-03-28',
    ]);
  });

  test('what an outage took of it is counted too', () => {
    const outage = { from: '2026-03-29T00:10:00Z', until: '2026-03-31T12:00:00Z' };
    expect(told({ activity: night, from: '2026-03-28T12:00:00Z', until: '2026-03-31T13:00:00Z', outage })).toEqual([
      '2026-03-28T23:00 sent nudge of 2026-03-28', ...['follow_up of 2026-03-28', 'nudge of 2026-03-29', 'follow_up of 2026-03-29', 'nudge of 2026-03-30', 'follow_up of 2026-03-30'].map((what) => `2026-03-31T12:00 late ${what}`),
    ]);
  });

  test('whose beginning the clock jumps over begins when the clock goes on, and one that it jumps over as a whole has a nudge alone', () => {
    const inTheGap = (end: string) => told({ activity: anActivity({ window: { start: '02:30', end }, timezone: 'Europe/Berlin' }), from: '2026-03-28T12:00:00Z', until: '2026-03-29T12:00:00Z' });
    expect(inTheGap('03:20')).toEqual(['2026-03-29T01:00 sent nudge of 2026-03-29', '2026-03-29T01:15 sent follow_up of 2026-03-29']);
    expect(inTheGap('02:50')).toEqual(['2026-03-29T01:00 sent nudge of 2026-03-29']);
  });

  test('made while it is open after midnight it is nudged for the day before, at once, as any open window is', () => {
    const expected = ['2026-03-29T00:30 sent nudge of 2026-03-28', '2026-03-29T00:50 sent follow_up of 2026-03-28'];
    const from = '2026-03-29T00:30:00Z';
    const play = { from, until: '2026-03-29T12:00:00Z' };
    expect(told({ ...play, activity: night })).toEqual(expected);
    const made = anActivity({ window: { start: '23:00', end: '01:00' }, startsOn: '2026-03-29', createdAt: from });
    expect(told({ ...play, activity: made })).toEqual(expected);
    expect(told({ ...play, activity: { ...made, timezone: 'Etc/GMT+11', startsOn: '2026-03-28', createdOn: '2026-03-28', window: { start: '20:00', end: '14:00' } } })).toEqual([
      '2026-03-29T00:30 sent nudge of 2026-03-27', '2026-03-29T00:50 sent follow_up of 2026-03-27', '2026-03-29T07:00 sent nudge of 2026-03-28',
    ]);
    // One that was over is not made up for, and neither are the days before.
    expect(told({ ...play, from: '2026-03-29T01:00:00Z', activity: { ...made, createdAt: '2026-03-29T01:00:00Z' } })).toEqual([]);
    const outage = { from, until: '2026-03-31T12:00:00Z' };
    expect(told({ ...play, until: '2026-03-31T13:00:00Z', activity: { ...made, createdAt: '2026-03-29T01:00:00Z' }, outage }).filter((what) => what.endsWith('03-28'))).toEqual([]);
  });
});

describe('without a window', () => {
  test.each([
    { activity: anActivity(), description: 'a habit' },
    { activity: aRoutine(), description: 'a routine' },
  ])('$description has one nudge, at the preferred hour of its zone', ({ activity }) => {
    const play = { activity: { ...activity, timezone: 'Europe/Berlin' }, from: '2026-03-28T00:00:00Z', until: '2026-03-29T00:00:00Z' };
    expect(told(play)).toEqual(['2026-03-28T08:00 sent nudge of 2026-03-28']);
    expect(told({ ...play, hour: 20 })).toEqual(['2026-03-28T19:00 sent nudge of 2026-03-28']);
    expect(told({ ...play, from: '2026-03-28T08:00:01Z' })).toEqual([]);
  });

  test('on days without an occurrence there is none, however rare the days are', () => {
    const yearly = anActivity({ recurrence: 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24' });
    expect(told({ activity: yearly, from: '2026-03-28T00:00:00Z', until: '2027-03-01T00:00:00Z' })).toEqual(['2026-12-24T09:00 sent nudge of 2026-12-24']);
    const ended = anActivity({ recurrence: 'FREQ=DAILY;COUNT=3' });
    expect(told({ activity: ended, from: '2026-03-28T00:00:00Z', until: '2026-05-28T00:00:00Z' })).toEqual([]);
  });
});

describe('a task', () => {
  const task = anActivity({ type: 'task', dueAt: '2026-03-28T15:00:00Z', timezone: 'America/New_York' });
  const week = { activity: task, from: '2026-03-24T00:00:00Z', until: '2026-04-01T00:00:00Z' };

  test('has a nudge the day before and a follow-up on the day', () => {
    expect(told(week)).toEqual(['2026-03-27T13:00 sent nudge of 2026-03-28', '2026-03-28T13:00 sent follow_up of 2026-03-28']);
    expect(told({ ...week, activity: { ...task, reminders: { enabled: true, followUp: false } } })).toEqual(['2026-03-27T13:00 sent nudge of 2026-03-28']);
  });

  test('done or without a due date has none, moved to another date it has them anew', () => {
    expect(told({ ...week, activity: { ...task, dueAt: null } })).toEqual([]);
    expect(told({ ...week, changes: [{ at: '2026-03-27T20:00:00Z', occurrence: on(TASK_DATE, 'done') }] })).toEqual(['2026-03-27T13:00 sent nudge of 2026-03-28']);
    expect(told({ ...week, changes: [{ at: '2026-03-27T20:00:00Z', activity: { ...task, dueAt: '2026-03-30T15:00:00Z' } }] })).toEqual([
      '2026-03-27T13:00 sent nudge of 2026-03-28', '2026-03-29T13:00 sent nudge of 2026-03-30', '2026-03-30T13:00 sent follow_up of 2026-03-30',
    ]);
  });

  test('snoozed it has a nudge when that ends, due or not', () => {
    const snoozed = on(TASK_DATE, 'snoozed', { snoozedUntil: '2026-03-25T10:00:00Z' });
    expect(told({ ...week, activity: { ...task, dueAt: null }, changes: [{ at: '2026-03-25T09:00:00Z', occurrence: snoozed }] })).toEqual(['2026-03-25T10:00 sent nudge of 1970-01-01']);
    expect(told({ ...week, changes: [{ at: '2026-03-25T09:00:00Z', occurrence: snoozed }] })).toEqual(['2026-03-25T10:00 sent nudge of 2026-03-28', '2026-03-28T13:00 sent follow_up of 2026-03-28']);
    // Under another date it is still the same end of a snooze.
    const moved = { at: '2026-03-25T10:10:00Z', activity: { ...task, dueAt: '2026-03-30T15:00:00Z' } };
    for (const at of ['2026-03-25T09:00:00Z', '2026-03-25T10:05:00Z']) {
      expect(told({ ...week, changes: [{ at, occurrence: snoozed }, moved] }).map((what) => what.replace(/T\d\d:\d\d/, ''))).toEqual(['2026-03-25 sent nudge of 2026-03-28', '2026-03-30 sent follow_up of 2026-03-30']);
    }
  });
});

test('the day has a limit, and what matters more comes first', () => {
  expect(told({ activity: anActivity({ window: morning }), from: '2026-03-28T00:00:00Z', until: '2026-03-29T08:00:01Z', perDayMax: 1 })).toEqual([
    '2026-03-28T08:00 sent nudge of 2026-03-28', '2026-03-28T11:50 over_limit follow_up of 2026-03-28', '2026-03-29T08:00 sent nudge of 2026-03-29',
  ]);
  const remindables = [1, 9, 5].map((priority) => {
    const activity = anActivity({ id: `act_${priority}`, priority });
    return { activity, calendar: createCalendar(activity), occurrences: new Map(), decided: new Set<string>() };
  });
  const user = aReminded({ sentOn: { date: '2026-03-28', count: 198 }, remindables });
  const { decided, sentOn } = remindUser(user, { since: '2026-03-28T09:00:00Z', now: '2026-03-28T09:00:00Z', hour: 9 }, { perDayMax: 200 });
  expect(decided.map(({ activity, outcome }) => `${activity.priority} ${outcome}`)).toEqual(['9 sent', '5 sent', '1 over_limit']);
  expect(sentOn).toEqual({ date: '2026-03-28', count: 200 });
});

test('the event says what, where and for when it was', () => {
  const activity = anActivity({ window: morning });
  const remindable = { activity, calendar: createCalendar(activity), occurrences: new Map(), decided: new Set<string>() };
  const user = aReminded({ connections: new Map([['telegram', { isFailing: false }]]), remindables: [remindable] });
  const look = () => remindUser(user, { since: '2026-03-28T08:00:00Z', now: '2026-03-28T08:00:01Z', hour: 9 }, { perDayMax: 200 }).events;
  expect(look()).toEqual([{
    event: 'reminder.sent', timestamp: '2026-03-28T08:00:01Z', user_id: 'usr_0', workspace_id: 'ws_demo', id: expect.stringMatching(/^evt_/),
    reminder: { id: expect.stringMatching(/^rem_/), type: 'nudge', name: 'Drink water', channel: 'telegram', activity_id: 'act_0', activity_type: 'habit', scheduled_for: '2026-03-28T08:00:00Z' },
  }]);
  expect(look()).toEqual(look());
});

/** What a clock on the wall shows. */
const wallClock = (ms: number, timezone: string) => new Intl.DateTimeFormat('sv', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' }).format(ms);

test('in every zone and on every day, clock changes included, each occurrence has its nudge and its follow-up once, by the wall clock', () => {
  const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 })).map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
  const window = fc.record({ start: time, end: time }).filter(({ start, end }) => start !== end);
  const timezone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Africa/Cairo', 'Pacific/Apia', 'Asia/Kolkata', 'UTC');
  // Clocks change in Europe on March 29th and October 25th, in America on March 8th and November 1st, on Lord Howe on April 5th and October 4th.
  const start = fc.constantFrom('2026-03-06', '2026-03-27', '2026-04-03', '2026-04-22', '2026-10-02', '2026-10-23', '2026-10-30');
  fc.assert(fc.property(window, timezone, start, fc.integer({ min: 0, max: 29_000 }), (given, zone, startsOn, delayMs) => {
    const activity = anActivity({ window: given, timezone: zone, startsOn, createdOn: startsOn });
    const from = `${startsOn}T00:00:00Z`;
    const until = new Date(Date.parse(from) + 5 * 86_400_000).toISOString();
    const sent = playReminders({ activity, from: new Date(Date.parse(from) - 86_400_000).toISOString(), until, delayMs });
    expect(new Set(sent.map(({ what }) => what)).size).toBe(sent.length);
    expect(sent.every(({ what }) => what.startsWith('sent '))).toBe(true);
    // Of the days that lie wholly inside.
    for (const offset of [1, 2, 3]) {
      const date = new Date(Date.parse(from) + offset * 86_400_000).toISOString().slice(0, 10);
      const nudges = sent.filter(({ what }) => what === `sent nudge of ${date}`);
      expect(nudges).toHaveLength(1);
      const shown = wallClock(Date.parse(`${nudges[0]!.at}:00Z`), zone);
      // A time that the clock jumps over is shown later, never earlier, and by two hours at most.
      expect(shown >= `${date} ${given.start}`).toBe(true);
      expect(Date.parse(`${shown.replace(' ', 'T')}:00Z`) - Date.parse(`${date}T${given.start}:00Z`)).toBeLessThanOrEqual(2 * 3_600_000);
      expect(sent.filter(({ what }) => what === `sent follow_up of ${date}`).length).toBeLessThanOrEqual(1);
    }
  }), { numRuns: 100 });
});
