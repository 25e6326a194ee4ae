import { signStandardWebhook, signWebhook } from '@waggle/client';
import type { Delivery } from '../domain/delivery.ts';

/** Fresh for every attempt; the body stays as it is (contract, section 4). */
export function attemptHeaders({ id, eventId, event, body, attemptCount }: Delivery, secret: string, nowMs: number): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1_000);
  return {
    'content-type': 'application/json',
    'user-agent': 'Waggle-Webhooks/1',
    'x-buffy-signature': signWebhook(secret, body),
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signStandardWebhook(secret, { id: eventId, timestamp, body }),
    'x-buffy-event': event,
    'x-buffy-delivery': id,
    'x-buffy-attempt': String(attemptCount + 1),
  };
}
