import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiAnswer } from '@waggle/testkit';
import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';

// The reference as partners have it: whatever a route answers has to be in it, down to each field.
const DOCUMENT = JSON.parse(readFileSync(join(import.meta.dirname, '../docs/openapi.json'), 'utf8'));

/** Those of ours; what HTTP itself adds is nobody's to describe. */
const HEADERS = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'Location', 'Idempotent-Replayed', 'WWW-Authenticate'];

interface DescribedResponse {
  $ref?: string;
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, object>;
}

const anonymous = (route: string) => route.replaceAll(/:[A-Za-z_]+|\{[a-z_]+\}/g, '{}').toLowerCase();

/** By method and path: where its responses are, and they themselves. */
const OPERATIONS = new Map(
  Object.entries<Record<string, { responses: Record<string, DescribedResponse> }>>(DOCUMENT.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => [anonymous(`${method} ${path}`), responses] as const)),
);

// Beside each format a pattern says the same. Problems may have members of their own (RFC 9457 §3.2); other bodies nothing that is not described.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).addSchema({ ...closed(DOCUMENT), $id: 'reference' });
const validators = new Map<object, ReturnType<typeof ajv.compile>>();

function closed(value: unknown): object {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'object' ? closed(item) : item));
  const entries = Object.entries(value ?? {}).map(([name, part]) => [name, typeof part === 'object' && part !== null ? closed(part) : part]);
  const copy = Object.fromEntries(entries);
  return 'properties' in copy && copy['type'] === 'object' && !('additionalProperties' in copy) && !('instance' in copy['properties']) ? { ...copy, additionalProperties: false } : copy;
}

function schemaOf(content: object): object {
  const text = JSON.stringify('schema' in content ? content.schema : true);
  return closed(JSON.parse(text.replaceAll('"#/', '"reference#/')));
}

function faultsOf(content: object, body: unknown): string[] {
  const validate = validators.get(content) ?? ajv.compile(schemaOf(content));
  validators.set(content, validate);
  if (validate(body) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}

/** `route`: as the service names it, `GET /v1/users/:id`. */
export function expectDocumented(route: string, { status, headers, body }: ApiAnswer): void {
  const responses = OPERATIONS.get(anonymous(route)) ?? {};
  expect(Object.keys(responses)).toContain(String(status));
  const described = responses[status]!;
  const shared = described.$ref === undefined ? described : { ...DOCUMENT.components.responses[described.$ref.split('/').at(-1)!], ...described };
  const { content, headers: told = {}, description }: DescribedResponse = shared;

  const sent = HEADERS.filter((name) => headers.has(name));
  expect({ status, undescribed: sent.filter((name) => !(name in told)) }).toEqual({ status, undescribed: [] });
  const [type] = (headers.get('content-type') ?? '').split(';');
  expect(Object.keys(content ?? { '': {} })).toContain(type);
  if (!/[/+]json$/.test(type!)) return;
  expect(faultsOf(content![type!]!, body)).toEqual([]);
  if (status >= 400) expect(description).toContain(`\`${body.code}\``);
}
