import type { MessageDefinition } from '@waggle/contracts';
import type { z } from 'zod';

/** What Kafka can hold and texts cannot: no key, a tombstone, bytes that are not UTF-8, several headers of one name. */
export interface RecordBytes {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, HeaderBytes>;
}
type HeaderBytes = Buffer | string | (Buffer | string)[] | undefined;

/** One Kafka record as bytes-to-be: what the outbox stores and the producer sends. */
export interface KafkaRecord {
  topic: string;
  key: string;
  value: string;
  headers: Record<string, string>;
  /** Sent instead of the texts: an original that is handed on. Never in an outbox. */
  bytes?: RecordBytes | undefined;
}

export function toRecord<Schema extends z.ZodType>(
  definition: MessageDefinition<Schema>,
  data: z.infer<Schema>,
  headers: Record<string, string> = {},
): KafkaRecord {
  return { topic: definition.topic, key: definition.key(data), value: JSON.stringify(data), headers };
}

/** CloudEvents 1.0 in Kafka's binary mode. `ce_id` is the event's id: consumers dedupe on it. */
export function cloudEventHeaders(event: { id: string; event: string; timestamp: string; user_id: string }, source: string): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: event.event,
    ce_source: source,
    ce_time: event.timestamp,
    ce_subject: event.user_id,
    // The producer puts the public URL before it: events are made where nobody knows of it.
    ce_dataschema: `/docs/schemas/${event.event}.v1.json`,
    'content-type': 'application/json',
  };
}
