import { Temporal } from 'temporal-polyfill';

const DAY_MS = 86_400_000;

/** The calendar day of an instant in a user's zone, as `2026-03-28`. */
export function localDate(instant: string, timezone: string): string {
  if (timezone === 'UTC') return instant.slice(0, 10);
  return Temporal.Instant.from(instant).toZonedDateTimeISO(timezone).toPlainDate().toString();
}

/** Days since 1970-01-01: dates that can be counted with. */
export const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
