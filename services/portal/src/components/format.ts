const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const count = new Intl.NumberFormat();
const UNITS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1_000]] as const;

export const toCount = (value: number) => count.format(value);

/** In the viewer's zone: today's by the clock, older ones with their day. */
export function toMoment(iso: string, now: number = Date.now()): string {
  const date = new Date(iso);
  return date.toDateString() === new Date(now).toDateString() ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}
export const toExact = (iso: string) => exact.format(new Date(iso));

/** As in `3 min. ago`, `in 2 hr.` */
export function toRelative(iso: string, now: number): string {
  const ms = Date.parse(iso) - now;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(ms) >= length) ?? ['second', 1_000];
  return relative.format(Math.round(ms / size), unit);
}

/** As in `23:59:04`, for a countdown; days are counted apart. */
export function toRemaining(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  const time = [hours, minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
  return days > 0 ? `${days} d ${time}` : time;
}

export function toDuration(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** Whole percents, but never 100 % for what is not all of it. */
export function toPercent(part: number, whole: number): string {
  const share = (part / whole) * 100;
  if (part === whole) return '100 %';
  if (part === 0) return '0 %';
  return share > 99.9 ? '99.9 %' : `${share.toFixed(share >= 99 || share < 10 ? 1 : 0)} %`;
}

/** `reminder.sent` and its like in words that fit a sentence. */
export const toWords = (name: string) => name.replaceAll(/[._]/g, ' ');

export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
