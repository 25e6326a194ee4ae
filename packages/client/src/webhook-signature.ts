import { createHmac, timingSafeEqual } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const TOLERANCE_SECONDS = 300;

/** `X-Buffy-Signature`: lower-case hex HMAC-SHA256 of the exact body bytes; the key is the whole secret string (`whsec_…`) as UTF-8. */
export function signWebhook(secret: string, body: string | Uint8Array): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** One `v1,<base64>` of Standard Webhooks 1.0; here the key is the base64-decoded part of the secret. `timestamp`: Unix seconds. */
export function signStandardWebhook(secret: string, message: { id: string; timestamp: number; body: string | Uint8Array }): string {
  const key = Buffer.from(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret, 'base64');
  return `v1,${createHmac('sha256', key).update(`${message.id}.${message.timestamp}.`).update(message.body).digest('base64')}`;
}

/** As Node's HTTP server gives them: names in lower case. */
export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * What a receiver does before it reads a payload. `body`: the bytes as they came, before any JSON parser. True when the current or, during
 * a rotation, the previous signature is right, and so is `webhook-signature`, which covers the id and the time too: an attempt is good for
 * five minutes. Within them it can come again, so remember `webhook-id`.
 */
export function verifyWebhook(secret: string, body: string | Uint8Array, headers: WebhookHeaders, nowMs: number = Date.now()): boolean {
  const expected = signWebhook(secret, body);
  const isBodyGenuine = [headers['x-buffy-signature'], headers['x-buffy-signature-previous']].some((given) => isSame(given, expected));
  return isBodyGenuine && isAttemptGenuine(secret, body, headers, nowMs);
}

/** Waggle sends these headers with every attempt. Were they optional, whoever repeats an old one would leave them out. */
function isAttemptGenuine(secret: string, body: string | Uint8Array, headers: WebhookHeaders, nowMs: number): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
  if (!(Math.abs(nowMs / 1_000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const expected = signStandardWebhook(secret, { id, timestamp: Number(timestamp), body });
  return signatures.split(' ').some((given) => isSame(given, expected));
}

/** In constant time for texts of the same length, which is no secret. */
function isSame(given: string | string[] | undefined, expected: string): boolean {
  if (typeof given !== 'string') return false;
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
