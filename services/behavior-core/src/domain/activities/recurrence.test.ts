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

  test('holds before its start too, in the same rhythm', () => {
    expect(datesOf('FREQ=WEEKLY;INTERVAL=2', '2026-03-31', { from: '2026-03-01', until: '2026-03-31' })).toEqual(['2026-03-03', '2026-03-17']);
  });

  test.each([
    ['', 'is no part'], ['DAILY', 'is no part'], ['FREQ=HOURLY', 'over dates'], ['FREQ=MINUTELY', 'over dates'], ['FREQ=SECONDLY', 'over dates'], ['FREQ=OFTEN', 'FREQ is not valid'],
    ['FREQ=daily', 'FREQ is not valid'], ['INTERVAL=2', 'FREQ is missing'], ['FREQ=DAILY;INTERVAL=0', 'INTERVAL'], ['FREQ=DAILY;INTERVAL=-1', 'INTERVAL'],
    ['FREQ=DAILY;INTERVAL=2;INTERVAL=3', 'twice'], ['FREQ=DAILY;COUNT=0', 'COUNT'], ['FREQ=DAILY;COUNT=1001', 'COUNT'], ['FREQ=DAILY;COUNT=2;UNTIL=20260101', 'exclude'], ['FREQ=DAILY;UNTIL=2026-01-01', 'UNTIL'], ['FREQ=DAILY;UNTIL=20260230', 'UNTIL'], ['FREQ=DAILY;UNTIL=20261131T000000Z', 'UNTIL'],
    ['FREQ=DAILY;UNTIL=20261301', 'UNTIL'], ['FREQ=DAILY;BYHOUR=8', 'BYHOUR is no part'], ['FREQ=WEEKLY;BYDAY=XX', 'BYDAY'], ['FREQ=WEEKLY;BYDAY=', 'BYDAY'], ['FREQ=WEEKLY;BYDAY=1MO', 'number'],
    ['FREQ=MONTHLY;BYDAY=54MO', 'BYDAY'], ['FREQ=MONTHLY;BYDAY=0MO', 'BYDAY'], ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY'], ['FREQ=MONTHLY;BYMONTHDAY=32', 'BYMONTHDAY'], ['FREQ=MONTHLY;BYWEEKNO=1', 'BYWEEKNO'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS'], ['FREQ=YEARLY;BYMONTH=13', 'BYMONTH'], ['DTSTART:20260101\nRRULE:FREQ=DAILY', 'is no part'], ['FREQ=DAILY\nEXDATE:20260101', 'FREQ'], ['RRULE:RRULE:FREQ=DAILY', 'is no part'],
  ])('%j is refused: %s', (text, why) => {
    expect(parseRecurrence(text)).toEqual(expect.stringContaining(why));
  });

  test('is the same whichever stretch of it is asked for', () => {
    const texts = fc.constantFrom(
      'FREQ=DAILY;INTERVAL=5', 'FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU', 'FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SA,SU', 'FREQ=MONTHLY;INTERVAL=7', 'FREQ=MONTHLY;BYDAY=-1FR', 'FREQ=YEARLY;INTERVAL=2',
      'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', 'FREQ=YEARLY;BYYEARDAY=-1,100',
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
