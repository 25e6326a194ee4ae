import { behaviorEventTypes, campaignEventTypes, webhookEventTypes } from '@waggle/contracts';
import { ok, parseQuery, type Route } from '@waggle/http';
import { z } from 'zod';
import { describeEventType } from '../domain/event-types.ts';

const SCHEMAS = new Map<string, z.ZodType>(Object.entries({ ...behaviorEventTypes, ...campaignEventTypes }));

export function eventTypeRoutes(): Route[] {
  const data = webhookEventTypes.map((name) => ({ ...describeEventType(name), schema: bodySchemaOf(name) }));
  return [
    {
      method: 'get',
      path: '/v1/webhooks/event-types',
      async handle({ query }) {
        parseQuery(z.strictObject({}), query);
        return ok({ data, next_cursor: null, has_more: false });
      },
    },
  ];
}

/** The topic's schema without what is for the topic alone. */
function bodySchemaOf(name: string): object {
  const schema = z.toJSONSchema(SCHEMAS.get(name)!, { io: 'input' });
  const { workspace_id: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties, required: schema.required?.filter((field) => field !== 'workspace_id') };
}
