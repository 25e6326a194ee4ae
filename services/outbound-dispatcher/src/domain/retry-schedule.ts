import { errorOf, type AttemptResult } from './attempt-result.ts';

const JITTER = 0.2;
const RETRY_AFTER_MAX_MS = 3_600_000;
const STATUSES_WITH_RETRY_AFTER = [429, 503];

/** What becomes of a delivery after an attempt. `reason` is the last error; null after a success. */
type AfterAttempt =
  | { status: 'succeeded'; reason: null }
  | { status: 'failed'; reason: string }
  | { status: 'retrying'; reason: string; delayMs: number };

interface Schedule {
  /** How many attempts of this schedule are over, this one included. */
  attemptsMade: number;
  delaysMs: readonly number[];
  /** 0 to 1. */
  random: number;
  nowMs: number;
}

export function afterAttempt(result: AttemptResult, { attemptsMade, delaysMs, random, nowMs }: Schedule): AfterAttempt {
  const reason = errorOf(result);
  if (reason === null) return { status: 'succeeded', reason };
  const delayMs = delaysMs[attemptsMade - 1];
  if (delayMs === undefined) return { status: 'failed', reason };
  const jittered = Math.round(delayMs * (1 - JITTER + 2 * JITTER * random));
  return { status: 'retrying', reason, delayMs: Math.max(jittered, askedDelayMs(result, nowMs)) };
}

/** Retry-After (RFC 9110, 10.2.3) in seconds or as a date, up to an hour; 0 when nothing that we honour was asked. */
function askedDelayMs({ statusCode, retryAfter }: AttemptResult, nowMs: number): number {
  if (retryAfter === null || !STATUSES_WITH_RETRY_AFTER.includes(statusCode ?? 0)) return 0;
  const text = retryAfter.trim();
  const askedMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return askedMs > 0 ? Math.min(askedMs, RETRY_AFTER_MAX_MS) : 0;
}
