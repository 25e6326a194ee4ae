import { toUtc } from '@waggle/contracts';
import { invalid } from '@waggle/http';

interface Window {
  starts_at?: string | null | undefined;
  ends_at?: string | null | undefined;
}

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** A window that ends before it starts would never award anything; times beyond four digits of years cannot be kept or shown. */
export function requireWindow(window: Window): void {
  for (const field of ['starts_at', 'ends_at'] as const) {
    const time = Date.parse(window[field] ?? '2000-01-01T00:00:00Z');
    if (time < FIRST_MS || time > LAST_MS) throw invalid(field, 'Must be in the years 1 to 9999');
  }
  const { starts_at, ends_at } = window;
  if (starts_at && ends_at && Date.parse(ends_at) <= Date.parse(starts_at)) throw invalid('ends_at', 'Must be after starts_at');
}

/** What is not given stays, null is open. */
export function changedWindow(row: { startsAt: Date | null; endsAt: Date | null }, given: Window): { startsAt: Date | null; endsAt: Date | null } {
  const [startsAt, endsAt] = [changedTime(row.startsAt, given.starts_at), changedTime(row.endsAt, given.ends_at)];
  requireWindow({ starts_at: startsAt?.toISOString(), ends_at: endsAt?.toISOString() });
  return { startsAt, endsAt };
}

function changedTime(before: Date | null, given: string | null | undefined): Date | null {
  if (given === undefined) return before;
  return given === null ? null : new Date(given);
}

export function windowView({ startsAt, endsAt }: { startsAt: Date | null; endsAt: Date | null }) {
  return { starts_at: startsAt && toUtc(startsAt), ends_at: endsAt && toUtc(endsAt) };
}
