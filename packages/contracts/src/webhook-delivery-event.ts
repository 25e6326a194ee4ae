import { z } from 'zod';
import { defineMessage } from './message.ts';
import { idOf, utcTimestamp } from './scalars.ts';
import { disabledReason } from './webhook.ts';

const envelope = z.object({
  event: z.string(),
  timestamp: utcTimestamp,
  id: idOf('evt'),
  workspace_id: z.string(),
  endpoint_id: z.string(),
});

/** `event` and `event_id`: what was to be delivered. `reason`: the last error, or why nothing was sent. */
const finishedDelivery = z.object({
  id: idOf('dlv'), event_id: z.string(), event: z.string(), user_id: z.string(), reason: z.string().nullable(), attempt_count: z.int(),
});

const finished = <Name extends string>(name: Name) => envelope.extend({ event: z.literal(name), delivery: finishedDelivery });

export const webhookDeliveryEventTypes = {
  'delivery.succeeded': finished('delivery.succeeded'),
  'delivery.failed': finished('delivery.failed'),
  'delivery.skipped': finished('delivery.skipped'),
  'endpoint.disabled': envelope.extend({ event: z.literal('endpoint.disabled'), endpoint: z.object({ id: z.string(), disabled_reason: disabledReason }) }),
} as const;

/** What became of deliveries and endpoints, for operators and BI. */
export const webhookDeliveryEvent = defineMessage({
  topic: 'public.webhook.delivery.v1',
  data: z.discriminatedUnion('event', [
    webhookDeliveryEventTypes['delivery.succeeded'], webhookDeliveryEventTypes['delivery.failed'], webhookDeliveryEventTypes['delivery.skipped'],
    webhookDeliveryEventTypes['endpoint.disabled'],
  ]),
  key: ({ endpoint_id }) => endpoint_id,
});
export type WebhookDeliveryEvent = z.infer<typeof webhookDeliveryEvent.data>;
