import { z } from 'zod';
import { description, timestampWithOffset, userId, utcTimestamp } from './scalars.ts';
import { behaviorEventTypes } from './behavior-event.ts';
import { campaignEventTypes } from './campaign-event.ts';

/** What an endpoint can subscribe to: every public event that is about a user or an award. */
export const webhookEventTypes: readonly string[] = [
  ...Object.keys(behaviorEventTypes),
  ...Object.keys(campaignEventTypes).filter((type) => type.startsWith('award.')),
];

/** `*`, a family such as `activity.*`, or an exact type. */
export function matchesEventType(pattern: string, eventType: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? eventType.startsWith(pattern.slice(0, -1)) : pattern === eventType;
}

export const eventTypePattern = z
  .string()
  .refine((pattern) => webhookEventTypes.some((type) => matchesEventType(pattern, type)), 'No event type is named so or begins so');

/** `POST /v1/webhooks/endpoints`. The URL's own rules are the dispatcher's: they need its settings. */
export const createEndpointBody = z.strictObject({
  url: z.string().min(1).max(2_048),
  event_types: z.array(eventTypePattern).min(1).max(50),
  description: description.optional(),
});
export type CreateEndpointBody = z.infer<typeof createEndpointBody>;

/** `secret` is there in the answer to the creation alone. */
export const endpointView = z.object({
  id: z.string(), url: z.string(), event_types: z.array(z.string()), description: z.string().nullable(), user_id: z.string().nullable(),
  status: z.enum(['enabled', 'disabled']), disabled_reason: z.enum(['manual', 'failing', 'gone']).nullable(),
  secret: z.string().optional(), created_at: utcTimestamp, updated_at: utcTimestamp,
});
export type EndpointView = z.infer<typeof endpointView>;

export const deliveryStatus = z.enum(['pending', 'retrying', 'succeeded', 'failed', 'skipped']);
export type DeliveryStatus = z.infer<typeof deliveryStatus>;

/** One HTTP request of a delivery. `response_body` is the first 4 KB of the answer. */
export const attempt = z.object({
  number: z.int().positive(), started_at: utcTimestamp, duration_ms: z.int(), status_code: z.int().nullable(), error: z.string().nullable(), response_body: z.string().nullable(),
});
export type Attempt = z.infer<typeof attempt>;

export const deliveryView = z.object({
  id: z.string(), endpoint_id: z.string(), event_id: z.string(), event: z.string(), user_id: z.string(), status: deliveryStatus, reason: z.string().nullable(),
  attempt_count: z.int(), next_attempt_at: utcTimestamp.nullable(), created_at: utcTimestamp, completed_at: utcTimestamp.nullable(),
});
export const deliveryDetail = deliveryView.extend({ body: z.string(), attempts: z.array(attempt) });

export const deliveryFilters = z.strictObject({
  endpoint_id: z.string().optional(),
  status: deliveryStatus.optional(),
  event_type: eventTypePattern.optional(),
  user_id: userId.optional(),
  since: timestampWithOffset.optional(),
  until: timestampWithOffset.optional(),
});
