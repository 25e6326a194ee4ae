import { behaviorEvent, behaviorEventTypes, campaignEvent, campaignEventTypes, webhookDeliveryEvent, webhookDeliveryEventTypes } from '@waggle/contracts';
import type { z } from 'zod';
import { toJsonSchema } from './schema-components.ts';

interface PublicTopic {
  topic: string;
  key: string;
  writer: string;
  description: string;
  events: Readonly<Record<string, z.ZodType>>;
}

/** The topics that BI and other services may read (contract, section 7). */
export const PUBLIC_TOPICS: readonly PublicTopic[] = [
  { topic: behaviorEvent.topic, key: '`workspace:user`', writer: 'behavior-core', description: 'What users do: the body of the webhook and `workspace_id`', events: behaviorEventTypes },
  { topic: campaignEvent.topic, key: '`campaign:wallet`', writer: 'behavior-core', description: 'In-app events and awards', events: campaignEventTypes },
  { topic: webhookDeliveryEvent.topic, key: "the endpoint's id", writer: 'outbound-dispatcher', description: 'What became of deliveries and endpoints', events: webhookDeliveryEventTypes },
];

/** One JSON Schema (2020-12) per event type, by the name of its file. Fields may be added to an event at any time, so none forbids them. */
export function eventSchemas(): Map<string, Record<string, unknown>> {
  return new Map(
    PUBLIC_TOPICS.flatMap(({ events }) => Object.entries(events)).map(([type, schema]) => [
      `${type}.v1.json`,
      { $schema: 'https://json-schema.org/draft/2020-12/schema', title: type, ...toJsonSchema(schema) },
    ]),
  );
}
