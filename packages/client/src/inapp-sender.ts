import { setTimeout as pause } from 'node:timers/promises';
import { signInAppEvent } from './inapp-signature.ts';

/** Body of an in-app event, schema version 1.0 (guide "In-app webhooks"). Further fields are allowed, and are part of the signature. */
export interface InAppEvent {
  schema_version: '1.0';
  /** Yours, and the same over repetitions: an event counts once per key and environment. */
  event_id: string;
  event_type: string;
  campaign_id: number;
  /** ISO 8601 with an offset. */
  occurred_at: string;
  user: { wallet: string };
  [further: string]: unknown;
}

export interface InAppAward {
  id: string;
  wallet: string;
  task_id: string;
  event_id: string;
  points: number;
  environment: 'live' | 'test';
  occurred_at: string;
  awarded_at: string;
  revokes: string | null;
}

/** `accepted` until it is processed; a duplicate is answered with what became of the first. */
export interface InAppReceipt {
  event_id: string;
  duplicate: boolean;
  processing_status: 'accepted' | 'awarded' | 'no_award' | 'rejected';
  reason?: string;
  awards: InAppAward[];
}

export interface InAppSenderSettings {
  /** As in `https://api.example.org`. */
  baseUrl: string;
  keyId: string;
  secret: string;
  /** Requests for one event, the first included. */
  attemptsMax?: number;
  /** No attempt begins later than this after the first. */
  giveUpAfterMs?: number;
  /** For one request. */
  timeoutMs?: number;
}

/** The world outside, for who wants another. */
export interface InAppSenderEdge {
  fetch(url: string, init: RequestInit): Promise<Response>;
  now(): number;
  pause(ms: number): Promise<unknown>;
}

/** The event will not be taken as it is: sending it again would not help. */
export class InAppRefused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Nobody has said that the event is taken. It may be; sending it again later is safe. `retryAfterMs`: what the server asked to wait, if it did. */
export class InAppUndelivered extends Error {
  readonly retryAfterMs: number | null;

  constructor(message: string, { retryAfterMs, cause }: { retryAfterMs: number | null; cause: unknown }) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 30_000;
const HERE: InAppSenderEdge = { fetch: (url, init) => fetch(url, init), now: () => Date.now(), pause };

type Attempt = { kind: 'taken'; receipt: InAppReceipt } | { kind: 'failed'; retryAfterMs: number | null; cause: unknown };

/**
 * Sends in-app events: signs each attempt anew, tries again after 429, 408, 5xx and broken connections, and then waits as long as
 * `Retry-After` says, or ever longer with jitter. Throws InAppRefused and InAppUndelivered.
 */
export function createInAppSender(settings: InAppSenderSettings, edge: InAppSenderEdge = HERE) {
  const { attemptsMax = 5, giveUpAfterMs = 120_000 } = settings;

  return async function sendInAppEvent(event: InAppEvent): Promise<InAppReceipt> {
    const deadline = edge.now() + giveUpAfterMs;
    for (let number = 1; ; number++) {
      const attempt = await attemptOnce(event, settings, edge);
      if (attempt.kind === 'taken') return attempt.receipt;
      const { retryAfterMs, cause } = attempt;
      const waitMs = retryAfterMs ?? backoff(number);
      const isOver = number >= attemptsMax || edge.now() + waitMs > deadline;
      if (isOver) throw new InAppUndelivered(`Event ${event.event_id} is not acknowledged after ${number} attempts`, { retryAfterMs, cause });
      await edge.pause(waitMs);
    }
  };
}

async function attemptOnce(event: InAppEvent, { baseUrl, keyId, secret, timeoutMs = 10_000 }: InAppSenderSettings, edge: InAppSenderEdge): Promise<Attempt> {
  const timestamp = Math.floor(edge.now() / 1_000);
  const headers = {
    'Content-Type': 'application/json', 'X-Buzz-Key-Id': keyId, 'X-Buzz-Timestamp': String(timestamp), 'X-Buzz-Signature': signInAppEvent(secret, timestamp, event),
  };
  const init: RequestInit = { method: 'POST', headers, body: JSON.stringify(event), signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' };
  try {
    const response = await edge.fetch(`${baseUrl.replace(/\/+$/, '')}/user/inapp/webhooks`, init);
    return await judge(response, edge.now());
  } catch (cause) {
    if (cause instanceof InAppRefused) throw cause;
    return { kind: 'failed', retryAfterMs: null, cause };
  }
}

async function judge(response: Response, nowMs: number): Promise<Attempt> {
  const { status } = response;
  const { data, code = 'unknown', message = `Status ${status}` } = parse(await response.text());
  if (status === 200 && isReceipt(data)) return { kind: 'taken', receipt: data };
  const refused = new InAppRefused(status, String(code), String(message));
  const isPassing = status === 200 || status === 408 || status === 429 || status >= 500;
  if (!isPassing) throw refused;
  return { kind: 'failed', retryAfterMs: toRetryAfter(response.headers.get('retry-after'), nowMs), cause: refused };
}

/** Something between us and the server may answer in its own words. */
function parse(text: string): Partial<Record<'data' | 'code' | 'message', unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function isReceipt(data: unknown): data is InAppReceipt {
  return typeof data === 'object' && data !== null && 'event_id' in data && 'processing_status' in data && 'awards' in data;
}

/** Whole seconds or an HTTP date (RFC 9110); null when it says neither. */
function toRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

function backoff(number: number): number {
  const longest = Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (number - 1));
  return longest / 2 + Math.random() * (longest / 2);
}
