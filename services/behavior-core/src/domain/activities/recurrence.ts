import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import { DAY_MS, dateOfDay } from '../local-date.ts';
import { yearlyDays, type Stretch } from './yearly.ts';

/** A rule that was checked. `text` is what the library reads, `parts` what it was made of. */
export interface Recurrence {
  text: string;
  parts: ReadonlyMap<string, string>;
  unit: 'days' | 'weeks' | 'months' | 'years';
  interval: number;
  isCounted: boolean;
}

const UNITS = { DAILY: 'days', WEEKLY: 'weeks', MONTHLY: 'months', YEARLY: 'years' } as const;
type Frequency = keyof typeof UNITS;
const isFrequency = (text: string): text is Frequency => Object.hasOwn(UNITS, text);
const FINER = ['HOURLY', 'MINUTELY', 'SECONDLY'];
const INTERVAL_MAX = 1_000;
/** A rule that counts is walked through from its start whenever a stretch is asked for, which keeps everybody waiting: nearly three years of days take 0.1 s, a hundred thousand took three. */
const COUNT_MAX = 1_000;
/** The days of the years in which schedules are reckoned, so that a rule without occurrences ends. */
const PERIODS_MAX = 84_006;

const listOf = (item: string) => new RegExp(`^${item}(,${item})*$`);
const upTo = (max: number) => (text: string) => text.split(',').every((item) => Math.abs(Number(item)) >= 1 && Math.abs(Number(item)) <= max);
const any = () => true;
/** `Date.parse` takes the 30th of February for the second of March. */
const isDay = (date: string) => !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);

// RFC 5545, section 3.3.10: the parts that a rule over dates may have.
const PARTS: Readonly<Record<string, { pattern: RegExp; isIn(text: string): boolean }>> = {
  FREQ: { pattern: /^[A-Z]+$/, isIn: any },
  INTERVAL: { pattern: /^\d{1,4}$/, isIn: upTo(INTERVAL_MAX) },
  COUNT: { pattern: /^\d{1,4}$/, isIn: upTo(COUNT_MAX) },
  UNTIL: { pattern: /^\d{8}(T\d{6}Z?)?$/, isIn: (text) => isDay(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`) },
  BYMONTH: { pattern: listOf('\\d{1,2}'), isIn: upTo(12) },
  BYMONTHDAY: { pattern: listOf('[+-]?\\d{1,2}'), isIn: upTo(31) },
  BYYEARDAY: { pattern: listOf('[+-]?\\d{1,3}'), isIn: upTo(366) },
  BYWEEKNO: { pattern: listOf('[+-]?\\d{1,2}'), isIn: upTo(53) },
  BYDAY: { pattern: listOf('([+-]?\\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)'), isIn: (text) => upTo(53)(text.replaceAll(/(?<=^|,)[+-]?[A-Z]+/g, '1').replaceAll(/[A-Z]/g, '')) },
  BYSETPOS: { pattern: listOf('[+-]?\\d{1,3}'), isIn: upTo(366) },
  WKST: { pattern: /^(MO|TU|WE|TH|FR|SA|SU)$/, isIn: any },
};

/** The rule, or in words what is wrong with it. `RRULE:` before it may be left out. Its letters may be small. */
export function parseRecurrence(given: string): Recurrence | string {
  const values = readParts(given);
  if (typeof values === 'string') return values;
  const frequency = values.get('FREQ');
  if (frequency === undefined) return 'FREQ is missing';
  if (FINER.includes(frequency)) return 'A recurrence is over dates: DAILY, WEEKLY, MONTHLY or YEARLY';
  if (!isFrequency(frequency)) return 'FREQ is not valid';
  return faultOf(frequency, values) ?? {
    text: [...values].map(([name, value]) => `${name}=${name === 'UNTIL' ? `${value.slice(0, 8)}T235959Z` : value}`).join(';'),
    parts: values,
    unit: UNITS[frequency],
    interval: Number(values.get('INTERVAL') ?? 1),
    isCounted: values.has('COUNT'),
  };
}

function readParts(given: string): ReadonlyMap<string, string> | string {
  const values = new Map<string, string>();
  // Of ASCII alone: among others a dotless i would become an I.
  for (const part of given.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase()).replace(/^RRULE:/, '').split(';')) {
    const [name = '', value, ...rest] = part.split('=');
    const known = PARTS[name];
    if (known === undefined) return `${shownName(name)} is no part of a recurrence over dates`;
    if (values.has(name)) return `${name} is there twice`;
    if (value === undefined || rest.length > 0 || !known.pattern.test(value) || !known.isIn(value)) return `${name} is not valid`;
    values.set(name, value);
  }
  return values;
}

/** What looks like a name is repeated; anything else might be long, or anything. */
function shownName(name: string): string {
  if (name === '') return 'Nothing';
  return /^[A-Z-]{1,20}$/.test(name) ? name : 'A name of this kind';
}

/** What the parts may not be together (RFC 5545, section 3.3.10). */
function faultOf(frequency: Frequency, values: ReadonlyMap<string, string>): string | null {
  const isNumbered = /\d/.test(values.get('BYDAY') ?? '');
  const isAlone = [...values.keys()].every((name) => !name.startsWith('BY') || name === 'BYSETPOS');
  const has = (name: string) => values.has(name);
  const forbidden: readonly [isForbidden: boolean, message: string][] = [
    [has('COUNT') && has('UNTIL'), 'COUNT and UNTIL exclude each other'],
    [has('BYWEEKNO') && frequency !== 'YEARLY', 'BYWEEKNO is for YEARLY only'],
    [has('BYYEARDAY') && frequency !== 'YEARLY', 'BYYEARDAY is for YEARLY only'],
    [has('BYMONTHDAY') && frequency === 'WEEKLY', 'BYMONTHDAY is not for WEEKLY'],
    [isNumbered && (['DAILY', 'WEEKLY'].includes(frequency) || has('BYWEEKNO')), 'BYDAY with a number is for MONTHLY and YEARLY only'],
    [has('BYSETPOS') && isAlone, 'BYSETPOS needs another BY… part'],
  ];
  return forbidden.find(([isForbidden]) => isForbidden)?.[1] ?? null;
}

/** The days of a rule within a stretch, by day number. The rule holds before its start too, unless it counts from there. */
export function daysBetween(rule: Recurrence, start: number, { from, until }: Stretch): ReadonlySet<number> {
  if (rule.unit === 'years') return yearlyDays(rule.parts, start, { from, until });
  const begin = rule.isCounted ? dateOf(start) : startNear(rule, dateOf(start), dateOf(from));
  // On dates, not on instants: at noon UTC no clock changes.
  const recurrence = new RRuleTemporal({ rruleString: rule.text, dtstart: begin.toZonedDateTime({ timeZone: 'UTC', plainTime: '12:00' }), maxIterations: PERIODS_MAX });
  const found = recurrence.between(new Date(from * DAY_MS), new Date(until * DAY_MS), true);
  return new Set(found.map(({ epochMilliseconds }) => Math.floor(epochMilliseconds / DAY_MS)));
}

const dateOf = (day: number) => Temporal.PlainDate.from(dateOfDay(day));

/**
 * Whole intervals from the start, the last one not after `from`: the same rule, without walking through all that lies between. Only where
 * the day of the month exists, because the rule may mean that day.
 */
function startNear({ unit, interval }: Recurrence, start: Temporal.PlainDate, from: Temporal.PlainDate): Temporal.PlainDate {
  for (let steps = Math.floor(start.until(from, { largestUnit: unit })[unit] / interval) - 1; ; steps--) {
    const moved = start.add({ [unit]: steps * interval });
    if (unit === 'days' || unit === 'weeks' || moved.day === start.day) return moved;
  }
}
