import { z } from 'zod';
import { ANSWER_HEADERS, headersOf, refsTo } from './answer-headers.ts';
import { codesAsText, createProblemResponses, problemsOf, PROBLEM_SCHEMA } from './problems.ts';
import { ROUTES_BY_SUBJECT } from './routes/index.ts';
import { HEADERS, type ListOf, type PublicRoute, type Text } from './routes/route.ts';
import { createComponents, toJsonSchema } from './schema-components.ts';

type Components = ReturnType<typeof createComponents> & { problems: ReturnType<typeof createProblemResponses> };

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as zod writes it. */
export function openApiDocument(): object {
  const components = { ...createComponents(), problems: createProblemResponses() };
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
      headers: ANSWER_HEADERS,
      responses: components.problems.all(),
      schemas: { ...components.schemas(), Problem: PROBLEM_SCHEMA },
    },
  };
}

const SECURITY = { signature: [{ inAppSignature: [] }], none: [] };

interface Named {
  name: string;
  subject: string;
  route: PublicRoute;
}

/** One operation, by both of its names. */
interface Identified extends Omit<Named, 'subject'> {
  operationId: string;
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
    responses: { ...answersOf({ name, route, operationId }, components), ...(route.refusals ? refusalsOf(route.refusals, { name, route, operationId }, components) : problemsOf(name, route, components.problems)) },
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

function answersOf({ operationId, ...named }: Identified, components: Components): object {
  const toContent = (status: string, answer: z.ZodType | ListOf | Text) => {
    if ('contentTypes' in answer) return Object.fromEntries(Object.entries(answer.contentTypes).map(([type, text]) => [type, { schema: { type: 'string', description: text } }]));
    const isList = 'listOf' in answer;
    const item = components.refTo(isList ? answer.listOf : answer, `${operationId}Answer${status === '200' ? '' : status}`);
    return { 'application/json': { schema: isList ? pageOf(item) : item } };
  };
  return Object.fromEntries(Object.entries(named.route.answers).map(([status, answer]) => {
    const headers = refsTo(headersOf(Number(status), named, status === '202' && namesOperation(answer)));
    return [status, { description: MEANINGS[Number(status)], headers, ...(answer && { content: toContent(status, answer) }) }];
  }));
}

const namesOperation = (answer: z.ZodType | ListOf | Text | null) => answer instanceof z.ZodObject && 'operation_id' in answer.shape;

const pageOf = (item: object) => ({
  type: 'object',
  required: ['data', 'next_cursor', 'has_more'],
  properties: { data: { type: 'array', items: item }, next_cursor: { type: ['string', 'null'] }, has_more: { type: 'boolean' } },
});

function refusalsOf({ body, statuses }: NonNullable<PublicRoute['refusals']>, { operationId, ...named }: Identified, components: Components): object {
  const content = { 'application/json': { schema: components.refTo(body, `${operationId}Refusal`) } };
  const byStatus = Map.groupBy(Object.keys(statuses), (code) => statuses[code]);
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, { description: codesAsText(codes), headers: refsTo(headersOf(Number(status), named)), content }]));
}
