import type { Logger } from './logger.ts';

const INTERVAL_MS = 1_000;

/** Warns of errors in a row at most once a second: one line says as much as one per request. `now` is in milliseconds. */
export function warnSeldom(logger: Pick<Logger, 'warn'>, message: string, now = () => performance.now()): (error: unknown) => void {
  let lastAt = -Infinity;
  return (error) => {
    if (now() - lastAt < INTERVAL_MS) return;
    lastAt = now();
    logger.warn({ err: error }, message);
  };
}
