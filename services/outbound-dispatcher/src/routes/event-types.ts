import { behaviorEventTypes, campaignEventTypes, pageQuery, webhookEventTypes } from '@waggle/contracts';
import { answerPage, type Route } from '@waggle/http';
import { z } from 'zod';
import { describeEventType } from '../domain/event-types.ts';

const SCHEMAS = new Map<string, z.ZodType>(Object.entries({ ...behaviorEventTypes, ...campaignEventTypes }));
const position = z.tuple([z.enum(webhookEventTypes)]);

export function eventTypeRoutes(): Route[] {
  const all = webhookEventTypes.map((name) => ({ ...describeEventType(name), schema: bodySchemaOf(name) }));
  return [
    {
      method: 'get',
      path: '/v1/webhooks/event-types',
      handle: (request) =>
        answerPage(request, {
          query: pageQuery,
          scope: ['event-types'],
          position,
          async load({ after, limit }) {
            const start = after === null ? 0 : webhookEventTypes.indexOf(after[0]) + 1;
            return all.slice(start, start + limit);
          },
          positionOf: ({ name }) => [name],
          toItem: (type) => type,
        }),
    },
  ];
}

/** The topic's schema without what is for the topic alone. */
function bodySchemaOf(name: string): object {
  const schema = z.toJSONSchema(SCHEMAS.get(name)!, { io: 'input' });
  const { workspace_id: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties, required: schema.required?.filter((field) => field !== 'workspace_id') };
}
