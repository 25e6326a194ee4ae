import { Temporal } from 'temporal-polyfill';

export const DAY_MS = 86_400_000;
const MEMO_MAX = 20_000;

/** Days since 1970-01-01: dates that can be counted with. */
export const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;

export const dateOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** By zone and UTC day: the instants within it at which a local day begins, each with that day. */
const beginnings = new Map<string, readonly { atMs: number; date: string }[]>();

/** The calendar day of an instant in a user's zone, as `2026-03-28`. */
export function localDate(instant: string, timezone: string): string {
  const ms = Date.parse(instant);
  if (timezone === 'UTC') return new Date(ms).toISOString().slice(0, 10);
  // Asking for each instant's date costs 20 µs; a UTC day holds one or two beginnings of local days, asked for once.
  return beginningsIn(Math.floor(ms / DAY_MS), timezone).findLast(({ atMs }) => atMs <= ms)!.date;
}

function beginningsIn(utcDay: number, timezone: string) {
  const key = `${timezone}:${utcDay}`;
  const known = beginnings.get(key);
  if (known !== undefined) return known;
  const first = zonedAt(utcDay * DAY_MS, timezone).toPlainDate();
  const last = zonedAt((utcDay + 1) * DAY_MS - 1, timezone).toPlainDate();
  const found = [{ atMs: -Infinity, date: first.toString() }];
  for (let date = first.add({ days: 1 }); Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    found.push({ atMs: startOfDay(date.toString(), timezone), date: date.toString() });
  }
  if (beginnings.size >= MEMO_MAX) beginnings.clear();
  beginnings.set(key, found);
  return found;
}

const zonedAt = (ms: number, timezone: string) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);

/** When a local day begins, in milliseconds: not always at midnight, where clocks go forward then. */
export function startOfDay(date: string, timezone: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime(timezone).epochMilliseconds;
}

/** A wall-clock time of a day: one that does not exist moves to the next instant that does, of an ambiguous one it is the first. */
export function instantOf(date: string, time: string, timezone: string): number {
  if (timezone === 'UTC') return Date.parse(`${date}T${time}Z`);
  // Many users have the same windows in the same zone, and each reckoning costs 20 µs.
  const key = `${date}T${time} ${timezone}`;
  const known = instants.get(key);
  if (known !== undefined) return known;
  const reckoned = firstInstantFrom(Temporal.PlainDateTime.from(`${date}T${time}`), timezone).epochMilliseconds;
  if (instants.size >= MEMO_MAX) instants.clear();
  instants.set(key, reckoned);
  return reckoned;
}

/** `earlier` reads a time that the clock skips with the offset before the jump: what comes next then is the jump itself. */
function firstInstantFrom(time: Temporal.PlainDateTime, timezone: string): Temporal.ZonedDateTime {
  const found = time.toZonedDateTime(timezone, { disambiguation: 'earlier' });
  return found.toPlainDateTime().equals(time) ? found : found.getTimeZoneTransition('next')!;
}

/** By day, time and zone. */
const instants = new Map<string, number>();
