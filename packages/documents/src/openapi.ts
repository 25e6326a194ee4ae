import { PROBLEMS, type ProblemCode } from '@waggle/contracts';
import type { z } from 'zod';
import { ROUTES_BY_SUBJECT } from './routes/index.ts';
import { HEADERS, type ListOf, type PublicRoute, type Text } from './routes/route.ts';
import { createComponents, toJsonSchema } from './schema-components.ts';

type Components = ReturnType<typeof createComponents>;

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as zod writes it. */
export function openApiDocument(): object {
  const components = createComponents();
  const paths: Record<string, Record<string, object>> = {};
  for (const [subject, routes] of Object.entries(ROUTES_BY_SUBJECT)) {
    for (const [name, route] of Object.entries(routes)) {
      const [method = '', path = ''] = name.split(' ');
      paths[path] = { ...paths[path], [method.toLowerCase()]: operation({ name, subject, route }, components) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Waggle', version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Behavior events and webhooks. Errors are `application/problem+json` (RFC 9457) with a stable `code`; every answer carries `X-Request-Id`.',
    },
    servers: [{ url: '/' }],
    tags: Object.keys(ROUTES_BY_SUBJECT).map((name) => ({ name })),
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'A user key acts as its owner, a system key for its workspace' },
        inAppSignature: { type: 'apiKey', in: 'header', name: 'X-Buzz-Signature', description: 'With X-Buzz-Key-Id and X-Buzz-Timestamp' },
      },
      responses: { Problem: PROBLEM },
      schemas: components.schemas(),
    },
  };
}

const PROBLEM = {
  description: 'A problem (RFC 9457)',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
        properties: {
          type: { type: 'string', format: 'uri' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' },
          instance: { type: 'string', description: "The request's id" }, code: { type: 'string', enum: Object.keys(PROBLEMS) },
          errors: { type: 'array', items: { type: 'object', required: ['path', 'message'], properties: { path: { type: 'string' }, message: { type: 'string' } } } },
        },
      },
    },
  },
};

const SECURITY = { signature: [{ inAppSignature: [] }], none: [] };

interface Named {
  name: string;
  subject: string;
  route: PublicRoute;
}

function operation({ name, subject, route }: Named, components: Components): object {
  const { summary, description, auth, body, otherBodies = {} } = route;
  const operationId = idOf(name);
  const others = Object.entries(otherBodies).map(([type, text]) => [type, { schema: { type: 'string', description: text } }]);
  const content = body && { 'application/json': { schema: components.refTo(body, `${operationId}Body`) }, ...Object.fromEntries(others) };
  return {
    operationId, summary, ...(description !== undefined && { description }), tags: [subject],
    ...(auth !== undefined && { security: SECURITY[auth] }),
    parameters: parametersOf(name, route),
    ...(body && { requestBody: { required: !body.safeParse({}).success, content } }),
    responses: { ...answersOf(route, operationId, components), ...(route.refusals ? refusalsOf(route.refusals, operationId, components) : problemsOf(name, route)) },
  };
}

/** `GET /v1/events/{id}` → `getEventsById` */
function idOf(name: string): string {
  const words = name.toLowerCase().replace('/v1', '').replaceAll(/\{(\w+)\}/g, 'by_$1').split(/[^a-z0-9]+/).filter((word) => word !== '');
  return words.map((word, index) => (index === 0 ? word : `${word[0]!.toUpperCase()}${word.slice(1)}`)).join('');
}

function parametersOf(name: string, { query, headers = [] }: PublicRoute): object[] {
  const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => ({ name: parameter, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries<z.ZodType>(query?.shape ?? {}).map(([parameter, schema]) => ({ name: parameter, in: 'query', required: !schema.safeParse(undefined).success, schema: toJsonSchema(schema) }));
  const repeated = name.startsWith('POST /v1/') ? [{ name: 'Idempotency-Key', in: 'header', required: false, description: 'The same key and body within 24 h: the stored answer, word for word', schema: { type: 'string', minLength: 1, maxLength: 255 } }] : [];
  const inHeaders = headers.map((header) => ({ name: header, in: 'header', required: header.startsWith('X-Buzz-'), description: HEADERS[header], schema: { type: 'string' } }));
  return [...inPath, ...inQuery, ...repeated, ...inHeaders];
}

const MEANINGS: Readonly<Record<number, string>> = { 200: 'Done', 201: 'Created', 202: 'Accepted: it will be done, and the operation tells when', 204: 'Done' };

function answersOf({ answers }: PublicRoute, operationId: string, components: Components): object {
  const toContent = (status: string, answer: z.ZodType | ListOf | Text) => {
    if ('contentTypes' in answer) return Object.fromEntries(Object.entries(answer.contentTypes).map(([type, text]) => [type, { schema: { type: 'string', description: text } }]));
    const isList = 'listOf' in answer;
    const item = components.refTo(isList ? answer.listOf : answer, `${operationId}Answer${status === '200' ? '' : status}`);
    return { 'application/json': { schema: isList ? pageOf(item) : item } };
  };
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, { description: MEANINGS[Number(status)], ...(answer && { content: toContent(status, answer) }) }]));
}

const pageOf = (item: object) => ({
  type: 'object',
  required: ['data', 'next_cursor', 'has_more'],
  properties: { data: { type: 'array', items: item }, next_cursor: { type: ['string', 'null'] }, has_more: { type: 'boolean' } },
});

function refusalsOf({ body, statuses }: NonNullable<PublicRoute['refusals']>, operationId: string, components: Components): object {
  const content = { 'application/json': { schema: components.refTo(body, `${operationId}Refusal`) } };
  const byStatus = Map.groupBy(Object.keys(statuses), (code) => statuses[code]);
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, { description: codesAsText(codes), content }]));
}

const codesAsText = (codes: readonly string[]) => codes.map((code) => `\`${code}\``).join(', ');

/** By status, the codes in its description. */
function problemsOf(name: string, { body, query, auth, problems = [] }: PublicRoute): object {
  const codes: ProblemCode[] = [
    ...(auth === 'none' ? [] : ['quota_exceeded' as const]), ...(auth === undefined ? ['forbidden' as const] : []), 'unauthorized', 'unavailable', ...problems,
    ...(body || query ? ['validation_failed' as const] : []),
    ...(query && 'cursor' in query.shape ? ['cursor_invalid' as const] : []),
    ...(body ? ['malformed_json' as const, 'payload_too_large' as const, 'unsupported_media_type' as const] : []),
    ...(name.includes('{') ? ['not_found' as const] : []),
    ...(name.startsWith('POST /v1/') ? ['idempotency_key_reused' as const, 'idempotency_in_progress' as const] : []),
  ];
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code][0]);
  // `$ref` beside a description is allowed in 3.1, and says which of the codes may come here.
  return Object.fromEntries([...byStatus].map(([status, of]) => [status, { $ref: '#/components/responses/Problem', description: codesAsText(of) }]));
}
