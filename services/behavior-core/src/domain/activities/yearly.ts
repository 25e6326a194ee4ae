import { DAY_MS } from '../local-date.ts';

/** The parts of a YEARLY rule that was checked, as they are written. */
type Parts = ReadonlyMap<string, string>;

/** From `from` on, before `until`. */
export interface Stretch {
  from: number;
  until: number;
}

interface Yearly {
  interval: number;
  /** Of its days from the start on. */
  count: number | null;
  /** Monday is 0. */
  weekStart: number;
  weeks: Wanted;
  months: Wanted;
  monthDays: Wanted;
  yearDays: Wanted;
  weekdays: readonly { weekday: number; nth: number | null }[] | null;
  positions: Wanted;
}

/** Numbers of a part, those below zero from behind. Null: it is not there. */
type Wanted = readonly number[] | null;

/** A day by its number, and the calendar around it. */
interface Day {
  month: number;
  weekday: number;
  inMonth: Place;
  inYear: Place;
}

/** Which of how many it is, from 1 on. */
interface Place {
  index: number;
  length: number;
}

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/**
 * The days of a YEARLY rule within a stretch, by day number. Its parts limit each other (RFC 5545, section 3.3.10), where the library that
 * reads the other rules puts their days together: BYYEARDAY=333;BYDAY=MO would be the 333rd day and all Mondays. A year has few enough days to
 * ask each of them. What is counted begins at its start, all else holds before it too.
 */
export function yearlyDays(parts: Parts, start: number, { from, until }: Stretch): ReadonlySet<number> {
  const rule = readRule(parts, start);
  const begin = rule.count === null ? from : start;
  // At the turn of the year a week belongs to one of both.
  const first = yearOf(begin) - 1;
  const days: number[] = [];
  for (let year = first + modulo(yearOf(start) - first, rule.interval); year <= yearOf(until) + 1 && !isComplete(rule, days); year += rule.interval) {
    days.push(...daysOfYear(rule, year).filter((day) => day >= begin));
  }
  const last = untilOf(parts);
  return new Set(days.slice(0, rule.count ?? days.length).filter((day) => day >= from && day < until && day <= last));
}

const isComplete = ({ count }: Yearly, days: readonly number[]): boolean => count !== null && days.length >= count;

function readRule(parts: Parts, start: number): Yearly {
  const numbers = (name: string): Wanted => parts.get(name)?.split(',').map(Number) ?? null;
  const { month, weekday, inMonth } = dayOf(start);
  const rule: Yearly = {
    interval: Number(parts.get('INTERVAL') ?? 1), count: numbers('COUNT')?.[0] ?? null, weekStart: WEEKDAYS.indexOf(parts.get('WKST') ?? 'MO'),
    weeks: numbers('BYWEEKNO'), months: numbers('BYMONTH'), monthDays: numbers('BYMONTHDAY'), yearDays: numbers('BYYEARDAY'), weekdays: weekdaysOf(parts), positions: numbers('BYSETPOS'),
  };
  if (rule.monthDays !== null || rule.yearDays !== null || rule.weekdays !== null) return rule;
  // What the rule does not say is the start's.
  return rule.weeks === null ? { ...rule, months: rule.months ?? [month], monthDays: [inMonth.index] } : { ...rule, weekdays: [{ weekday, nth: null }] };
}

const weekdaysOf = (parts: Parts): Yearly['weekdays'] =>
  parts.get('BYDAY')?.split(',').map((item) => ({ weekday: WEEKDAYS.indexOf(item.slice(-2)), nth: item.length === 2 ? null : Number(item.slice(0, -2)) })) ?? null;

function untilOf(parts: Parts): number {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)/.exec(parts.get('UNTIL') ?? '') ?? [];
  return year === undefined ? Infinity : Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS;
}

/** In order. The year of a rule with weeks consists of whole ones. */
function daysOfYear(rule: Yearly, year: number): number[] {
  const [first, end] = rule.weeks === null ? [firstDay(year), firstDay(year + 1)] : [firstWeek(rule, year), firstWeek(rule, year + 1)];
  const all = Array.from({ length: end - first }, (_, index) => first + index);
  const days = all.filter((day, index) => isAt(rule.weeks, { index: Math.floor(index / 7) + 1, length: (end - first) / 7 }) && isMatch(rule, dayOf(day)));
  return days.filter((_, index) => isAt(rule.positions, { index: index + 1, length: days.length }));
}

const isMatch = ({ months, monthDays, yearDays, weekdays }: Yearly, day: Day): boolean =>
  (months === null || months.includes(day.month)) && isAt(monthDays, day.inMonth) && isAt(yearDays, day.inYear)
  && (weekdays === null || weekdays.some(({ weekday, nth }) => weekday === day.weekday && isNth(nth, months === null ? day.inYear : day.inMonth)));

/** Whether it is that one of its weekdays within the month or the year. */
function isNth(nth: number | null, { index, length }: Place): boolean {
  if (nth === null) return true;
  return Math.ceil((nth > 0 ? index : length - index + 1) / 7) === Math.abs(nth);
}

const isAt = (wanted: Wanted, { index, length }: Place): boolean => wanted === null || wanted.includes(index) || wanted.includes(index - length - 1);

function dayOf(day: number): Day {
  const date = new Date(day * DAY_MS);
  const [year, month, index] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const first = firstDay(year);
  return {
    month, weekday: weekdayOf(day), inMonth: { index, length: new Date(Date.UTC(year, month, 0)).getUTCDate() }, inYear: { index: day - first + 1, length: firstDay(year + 1) - first },
  };
}

const yearOf = (day: number): number => new Date(day * DAY_MS).getUTCFullYear();
const firstDay = (year: number): number => Date.UTC(year, 0, 1) / DAY_MS;
/** The first of January 1970 was a Thursday. */
const weekdayOf = (day: number): number => modulo(day + 3, 7);

/** When a year's first week begins: the one that has the fourth of January in it. */
function firstWeek({ weekStart }: Yearly, year: number): number {
  const fourth = firstDay(year) + 3;
  return fourth - modulo(weekdayOf(fourth) - weekStart, 7);
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
