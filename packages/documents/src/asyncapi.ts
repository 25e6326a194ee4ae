import { z } from 'zod';
import { PUBLIC_TOPICS } from './events.ts';

const CLOUD_EVENT_HEADERS = {
  type: 'object',
  required: ['ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time', 'ce_subject', 'ce_dataschema', 'content-type'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: { type: 'string', description: "The event's id: drop what has come before" },
    ce_type: { type: 'string' },
    ce_source: { type: 'string' },
    ce_time: { type: 'string', format: 'date-time' },
    ce_subject: { type: 'string' },
    ce_dataschema: { type: 'string', description: 'Where the JSON Schema of this type is' },
    ce_sequence: { type: 'string', description: 'The number of the event among its user\'s, where it has one' },
    ce_quiet: { type: 'string', const: 'true', description: 'There where the feed of the user is not told: of a backfill, or because it knows already' },
    'content-type': { type: 'string', const: 'application/json' },
  },
};

/** AsyncAPI 3: the topics that others may read, with every message on them. Its schemas are of draft 7, the only one that its tools must know. */
export function asyncApiDocument(): object {
  const channels = PUBLIC_TOPICS.map(({ topic, key, writer, description, events }) => [nameOf(topic), {
    address: topic,
    description: `${description}. Key: ${key}. Written by ${writer}. Kept for 30 days.`,
    messages: Object.fromEntries(Object.keys(events).map((type) => [nameOf(type), { $ref: `#/components/messages/${nameOf(type)}` }])),
  }] as const);
  const operations = PUBLIC_TOPICS.map(({ topic }) => [`read_${nameOf(topic)}`, { action: 'receive', channel: { $ref: `#/channels/${nameOf(topic)}` }, summary: `Read ${topic}` }] as const);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Waggle topics', version: '1.0.0', license: { name: 'Apache-2.0' },
      description: 'Records are CloudEvents 1.0 in binary mode: attributes in headers, the event in the value. At least once: dedupe on `ce_id`. Events of one key are in order.',
    },
    defaultContentType: 'application/json',
    servers: {
      bi: {
        host: 'localhost:9094', protocol: 'kafka', description: 'SASL (SCRAM-SHA-512) without TLS. Read only: `public.` topics, with consumer groups whose names begin with `bi-`', security: [{ $ref: '#/components/securitySchemes/scram' }],
      },
    },
    channels: Object.fromEntries(channels),
    operations: Object.fromEntries(operations),
    components: {
      securitySchemes: { scram: { type: 'scramSha512', description: 'The user `bi`' } },
      messages: Object.fromEntries(PUBLIC_TOPICS.flatMap(({ events }) => Object.entries(events)).map(([type, schema]) => [nameOf(type), {
        name: type, title: type, contentType: 'application/json', headers: CLOUD_EVENT_HEADERS, payload: draft7Of(schema),
      }])),
    },
  };
}

function draft7Of(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
  return rest;
}

/** Component keys take letters, digits, `.`, `-` and `_`; references read better without dots. */
const nameOf = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, '_');
