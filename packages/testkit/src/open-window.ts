const MINUTE_MS = 60_000;

/**
 * An activity's window that opened a minute ago and stays open for `hours`, in UTC's wall-clock time. In the first minute of a day it opens
 * with the day: one that opened the evening before would belong to a day on which what is created now was not there.
 */
export function openWindow(hours = 6): { start: string; end: string } {
  const now = Date.now();
  const midnight = new Date(now).setUTCHours(0, 0, 0, 0);
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  return { start: time(Math.max(now - MINUTE_MS, midnight)), end: time(now + hours * 60 * MINUTE_MS) };
}
