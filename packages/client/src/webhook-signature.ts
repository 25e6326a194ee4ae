import { createHmac, timingSafeEqual } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const TOLERANCE_SECONDS = 300;

/** `X-Buffy-Signature`: lower-case hex HMAC-SHA256 of the exact body bytes; the key is the whole secret string (`whsec_…`) as UTF-8. */
export function signWebhook(secret: string, body: string | Uint8Array): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** One `v1,<base64>` of Standard Webhooks 1.0; here the key is the base64-decoded part of the secret. `timestamp`: Unix seconds. */
export function signStandardWebhook(secret: string, message: { id: string; timestamp: number; body: string }): string {
  const key = Buffer.from(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret, 'base64');
  return `v1,${createHmac('sha256', key).update(`${message.id}.${message.timestamp}.${message.body}`).digest('base64')}`;
}

/** As Node's HTTP server gives them: names in lower case. */
export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * What a receiver does before it reads a payload. `body`: the bytes as they came, before any JSON parser. True when the current or, during
 * a rotation, the previous signature is right and the attempt is not older than five minutes.
 */
export function verifyWebhook(secret: string, body: string | Uint8Array, headers: WebhookHeaders, nowMs: number = Date.now()): boolean {
  const timestamp = Number(headers['webhook-timestamp'] ?? nowMs / 1_000);
  if (!(Math.abs(nowMs / 1_000 - timestamp) <= TOLERANCE_SECONDS)) return false;
  const expected = Buffer.from(signWebhook(secret, body));
  return [headers['x-buffy-signature'], headers['x-buffy-signature-previous']].some(
    (given) => typeof given === 'string' && /^[0-9a-f]{64}$/.test(given) && timingSafeEqual(expected, Buffer.from(given)),
  );
}
