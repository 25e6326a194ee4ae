import { signStandardWebhook, signWebhook } from '@waggle/client';
import type { Delivery } from '../domain/delivery.ts';

interface Signing {
  secret: string;
  /** Null outside a rotation's grace time. */
  previousSecret: string | null;
  /** The endpoint's own headers. */
  headers: Readonly<Record<string, string>>;
}

/** Fresh for every attempt; the body stays as it is (contract, section 4). */
export function attemptHeaders(delivery: Omit<Delivery, 'leaseEndsAt'>, { secret, previousSecret, headers }: Signing, nowMs: number): Record<string, string> {
  const { id, eventId, event, body, attemptCount } = delivery;
  const timestamp = Math.floor(nowMs / 1_000);
  const secrets = previousSecret === null ? [secret] : [secret, previousSecret];
  return {
    ...headers,
    'content-type': 'application/json',
    'user-agent': 'Waggle-Webhooks/1',
    'x-buffy-signature': signWebhook(secret, body),
    ...(previousSecret !== null && { 'x-buffy-signature-previous': signWebhook(previousSecret, body) }),
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((each) => signStandardWebhook(each, { id: eventId, timestamp, body })).join(' '),
    'x-buffy-event': event,
    'x-buffy-delivery': id,
    'x-buffy-attempt': String(attemptCount + 1),
  };
}
