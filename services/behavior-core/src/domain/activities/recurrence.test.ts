import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dateOfDay, dayNumber } from '../local-date.ts';
import { daysBetween, parseRecurrence, type Recurrence } from './recurrence.ts';

function rule(text: string): Recurrence {
  const parsed = parseRecurrence(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

const datesOf = (text: string, start: string, { from, until }: { from: string; until: string }) =>
  [...daysBetween(rule(text), dayNumber(start), { from: dayNumber(from), until: dayNumber(until) })].toSorted((a, b) => a - b).map(dateOfDay);

describe('a recurrence', () => {
  test.each([
    { text: 'RRULE:FREQ=DAILY', dates: ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06', '2026-03-07'] },
    { text: 'FREQ=DAILY;INTERVAL=3', dates: ['2026-03-01', '2026-03-04', '2026-03-07'] },
    { text: 'FREQ=WEEKLY', dates: ['2026-03-03'], description: 'on the weekday of its start' },
    { text: 'FREQ=WEEKLY;BYDAY=MO,WE,FR', dates: ['2026-03-02', '2026-03-04', '2026-03-06'] },
    { text: 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU', dates: ['2026-03-03'] },
    { text: 'FREQ=MONTHLY;BYDAY=1MO', dates: ['2026-03-02'] },
    { text: 'FREQ=MONTHLY;BYMONTHDAY=-25', dates: ['2026-03-07'] },
    { text: 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1', dates: ['2026-03-02'] },
    { text: 'FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3', dates: ['2026-03-03'] },
    { text: 'FREQ=DAILY;UNTIL=20260302', dates: ['2026-03-01', '2026-03-02'], description: 'up to its last day' },
    { text: 'FREQ=DAILY;UNTIL=20260302T080000Z', dates: ['2026-03-01', '2026-03-02'] },
    { text: 'FREQ=DAILY;COUNT=57', dates: ['2026-03-01', '2026-03-02', '2026-03-03'], description: 'counted from its start' },
    { text: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', dates: [], description: 'never' },
    { text: 'rrule:freq=weekly;byday=mo;wkst=su;until=20260401t000000z', dates: ['2026-03-02'], description: 'in small letters' },
  ])('$text gives $dates', ({ text, dates }) => {
    expect(datesOf(text, '2026-01-06', { from: '2026-03-01', until: '2026-03-08' })).toEqual(dates);
  });

  test('that is counted ends with its last one', () => {
    expect(datesOf('FREQ=DAILY;COUNT=3', '2026-03-30', { from: '2026-03-01', until: '2026-05-01' })).toEqual(['2026-03-30', '2026-03-31', '2026-04-01']);
    expect(datesOf('FREQ=DAILY;COUNT=3', '2026-03-30', { from: '2027-03-01', until: '2027-05-01' })).toEqual([]);
  });

  test('skips the days that a month does not have', () => {
    expect(datesOf('FREQ=MONTHLY', '2026-01-31', { from: '2026-01-01', until: '2026-08-01' })).toEqual(['2026-01-31', '2026-03-31', '2026-05-31', '2026-07-31']);
    expect(datesOf('FREQ=YEARLY', '2024-02-29', { from: '2024-01-01', until: '2033-01-01' })).toEqual(['2024-02-29', '2028-02-29', '2032-02-29']);
  });

  // As python-dateutil has them.
  test.each([
    { text: 'BYMONTH=11;BYMONTHDAY=29', dates: '2026-11-29 2027-11-29 2028-11-29 2029-11-29 2030-11-29' },
    { text: 'BYMONTH=11;BYDAY=4TH', dates: '2026-11-26 2027-11-25 2028-11-23 2029-11-22 2030-11-28' },
    { text: 'BYDAY=-1SU;BYMONTH=3,10', dates: '2026-03-29 2026-10-25 2027-03-28 2027-10-31 2028-03-26 2028-10-29 2029-03-25 2029-10-28 2030-03-31 2030-10-27' },
    { text: 'BYMONTHDAY=13;BYDAY=FR', dates: '2026-02-13 2026-03-13 2026-11-13 2027-08-13 2028-10-13 2029-04-13 2029-07-13 2030-09-13 2030-12-13' },
    { text: 'BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;INTERVAL=4', dates: '2028-11-07' },
    { text: 'BYYEARDAY=333;BYDAY=MO', dates: '2027-11-29' },
    { text: 'BYYEARDAY=333;BYMONTHDAY=28', dates: '2028-11-28' },
    { text: 'BYYEARDAY=1,-1,60;BYMONTH=2,12', dates: '2026-12-31 2027-12-31 2028-02-29 2028-12-31 2029-12-31 2030-12-31' },
    { text: 'BYMONTHDAY=1;BYDAY=-5SU', dates: '2030-12-01' },
    { text: 'BYDAY=13SA,-1MO', dates: '2026-03-28 2026-12-28 2027-03-27 2027-12-27 2028-03-25 2028-12-25 2029-03-31 2029-12-31 2030-03-30 2030-12-30' },
    { text: 'BYWEEKNO=48;BYMONTHDAY=1;BYDAY=SU', dates: '2030-12-01' },
    { text: 'BYWEEKNO=20,-1;BYDAY=TU;BYSETPOS=1', dates: '2026-05-12 2027-05-18 2028-05-16 2029-05-15 2030-05-14' },
    { text: 'BYYEARDAY=100,200,300;BYMONTHDAY=10,19,27;BYSETPOS=-1', dates: '2026-10-27 2027-10-27 2029-10-27 2030-10-27' },
    { text: 'BYMONTHDAY=1;BYYEARDAY=1,32,60,61,91;COUNT=8', dates: '2026-01-01 2026-02-01 2026-03-01' },
  ])('each part of a yearly one limits the others: $text', ({ text, dates }) => {
    expect(datesOf(`FREQ=YEARLY;${text}`, '2024-02-29', { from: '2026-01-01', until: '2031-01-01' }).join(' ')).toBe(dates);
  });

  test('holds before its start too, in the same rhythm', () => {
    expect(datesOf('FREQ=WEEKLY;INTERVAL=2', '2026-03-31', { from: '2026-03-01', until: '2026-03-31' })).toEqual(['2026-03-03', '2026-03-17']);
  });

  test.each([
    ['', 'is no part'], ['DAILY', 'is no part'], ['FREQ=HOURLY', 'over dates'], ['FREQ=MINUTELY', 'over dates'], ['FREQ=SECONDLY', 'over dates'], ['FREQ=OFTEN', 'FREQ is not valid'],
    ['INTERVAL=2', 'FREQ is missing'], ['FREQ=DAILY;INTERVAL=0', 'INTERVAL'], ['FREQ=DAILY;INTERVAL=-1', 'INTERVAL'],
    ['FREQ=DAILY;INTERVAL=2;INTERVAL=3', 'twice'], ['FREQ=DAILY;COUNT=0', 'COUNT'], ['FREQ=DAILY;COUNT=1001', 'COUNT'], ['FREQ=DAILY;COUNT=2;UNTIL=20260101', 'exclude'], ['FREQ=DAILY;UNTIL=2026-01-01', 'UNTIL'], ['FREQ=DAILY;UNTIL=20260230', 'UNTIL'], ['FREQ=DAILY;UNTIL=20261131T000000Z', 'UNTIL'],
    ['FREQ=DAILY;UNTIL=20261301', 'UNTIL'], ['FREQ=DAILY;BYHOUR=8', 'BYHOUR is no part'], ['FREQ=DA\u0131LY', 'FREQ is not valid'], ['x'.repeat(400), 'A name of this kind is no part'], ['<b>=1', 'A name of this kind'], ['x-name=1', 'X-NAME is no part'], ['FREQ=WEEKLY;BYDAY=XX', 'BYDAY'], ['FREQ=WEEKLY;BYDAY=', 'BYDAY'], ['FREQ=WEEKLY;BYDAY=1MO', 'number'],
    ['FREQ=MONTHLY;BYDAY=54MO', 'BYDAY'], ['FREQ=MONTHLY;BYDAY=0MO', 'BYDAY'], ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY'], ['FREQ=MONTHLY;BYMONTHDAY=32', 'BYMONTHDAY'], ['FREQ=MONTHLY;BYWEEKNO=1', 'BYWEEKNO'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS'], ['FREQ=YEARLY;BYMONTH=13', 'BYMONTH'], ['DTSTART:20260101\nRRULE:FREQ=DAILY', 'is no part'], ['FREQ=DAILY\nEXDATE:20260101', 'FREQ'], ['RRULE:RRULE:FREQ=DAILY', 'is no part'],
  ])('%j is refused: %s', (text, why) => {
    expect(parseRecurrence(text)).toEqual(expect.stringContaining(why));
  });

  test('that is yearly has the days that all of its parts have', () => {
    const range = (max: number) => Array.from({ length: 2 * max + 1 }, (_, index) => String(index - max)).filter((item) => item !== '0');
    const some = (items: readonly string[], maxLength: number) => fc.uniqueArray(fc.constantFrom(...items), { minLength: Math.ceil(maxLength / 2), maxLength }).map((list) => list.join(','));
    const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
    const parts = fc.record({ BYMONTHDAY: some(range(31), 20), BYYEARDAY: some(range(366), 150), BYWEEKNO: some(range(53), 30), BYDAY: some(weekdays, 6) });
    const names = fc.uniqueArray(fc.constantFrom('BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO', 'BYDAY'), { minLength: 2, maxLength: 4 });
    const start = dayNumber('2024-02-29');
    const daysOf = (list: readonly string[]) => daysBetween(rule(`FREQ=YEARLY;${list.join(';')}`), start, { from: start + 300, until: start + 2_000 });
    fc.assert(
      fc.property(parts, names, (given, chosen) => {
        const texts = chosen.map((name) => `${name}=${given[name]}`);
        // By itself a week is the weekday of the start.
        const each = texts.map((text) => daysOf(text.startsWith('BYWEEKNO') ? [text, `BYDAY=${weekdays.join(',')}`] : [text]));
        const inAll = [...each[0]!].filter((day) => each.every((days) => days.has(day)));
        expect([...daysOf(texts)].toSorted((x, y) => x - y)).toEqual(inAll.toSorted((x, y) => x - y));
      }),
      { numRuns: 100 },
    );
  });

  test('is the same whichever stretch of it is asked for', () => {
    const texts = fc.constantFrom(
      'FREQ=DAILY;INTERVAL=5', 'FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU', 'FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SA,SU', 'FREQ=MONTHLY;INTERVAL=7', 'FREQ=MONTHLY;BYDAY=-1FR', 'FREQ=YEARLY;INTERVAL=2',
      'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', 'FREQ=YEARLY;BYWEEKNO=1,20,-1', 'FREQ=YEARLY;BYYEARDAY=-1,100',
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 2_000 }), (text, offset, away) => {
        const start = dayNumber('2024-01-31') + offset;
        const until = start + 2_400;
        const whole = daysBetween(rule(text), start, { from: start, until });
        const part = daysBetween(rule(text), start, { from: start + away, until });
        expect(part).toEqual(new Set([...whole].filter((day) => day >= start + away)));
      }),
      { numRuns: 60 },
    );
  });
});
