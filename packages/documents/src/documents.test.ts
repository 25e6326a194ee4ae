import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { PROBLEMS } from '@waggle/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { incompatibilities } from './compatibility.ts';
import { documents } from './documents.ts';
import { ROUTES_BY_SUBJECT } from './routes/index.ts';

const FOLDER = join(import.meta.dirname, '../../../docs');
const generated = documents();
const textOf = (path: string) => generated.get(path) ?? '';

test.each([...generated.keys()])('docs/%s is what `npm run documents` writes', (path) => {
  expect(existsSync(join(FOLDER, path)) ? readFileSync(join(FOLDER, path), 'utf8') : 'missing').toBe(textOf(path));
});

const published = readdirSync(join(FOLDER, 'schemas'));
test.each(published)('readers of %s can go on with its schema', (name) => {
  expect(generated.has(`schemas/${name}`)).toBe(true);
  const before = JSON.parse(readFileSync(join(FOLDER, 'schemas', name), 'utf8'));
  expect(incompatibilities(before, JSON.parse(textOf(`schemas/${name}`)))).toEqual([]);
});

/** As partners and BI have it: strict, and with the formats of JSON Schema. */
function compile(schema: object) {
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  return ajv.compile(schema);
}

test.each(published)('a validator with its usual settings takes %s', (name) => {
  expect(() => compile(JSON.parse(textOf(`schemas/${name}`)))).not.toThrow();
});

test('a validator with its usual settings takes the schemas of the OpenAPI document', () => {
  const { schemas } = JSON.parse(textOf('openapi.json').replaceAll('#/components/schemas/', '#/$defs/')).components;
  expect(() => compile({ $defs: schemas, anyOf: Object.keys(schemas).map((name) => ({ $ref: `#/$defs/${name}` })) })).not.toThrow();
});

test('the OpenAPI document is valid, and each operation has its own id and an answer', async () => {
  const { valid, errors } = await new Validator().validate(JSON.parse(textOf('openapi.json')));
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  const { paths } = JSON.parse(textOf('openapi.json'));
  const ids = Object.values<Record<string, { operationId: string }>>(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(Object.values(ROUTES_BY_SUBJECT).flatMap((routes) => Object.keys(routes)).length);
});

test('every reference of the OpenAPI document leads somewhere, and it names the problems that there are', () => {
  const text = textOf('openapi.json');
  const document = JSON.parse(text);
  for (const [, reference = ''] of text.matchAll(/"\$ref": "#\/([^"]+)"/g)) {
    const target = reference.split('/').reduce((value, key) => value?.[key], document);
    expect([reference, typeof target]).toEqual([reference, 'object']);
  }
  const { properties } = document.components.schemas.Problem;
  expect(properties.code.enum).toEqual(Object.keys(PROBLEMS));
});

test('in-app events are refused in a form of their own, with the codes of their guide', () => {
  const { paths } = JSON.parse(textOf('openapi.json'));
  const { 200: _, ...refusals } = paths['/user/inapp/webhooks'].post.responses;
  expect(Object.keys(refusals)).toEqual(['400', '401', '403', '429', '500', '503']);
  for (const { content } of Object.values<{ content: object }>(refusals)) expect(content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/InappRefusal' } } });
  expect(refusals[401].description).toBe('`invalid_headers`, `timestamp_out_of_range`, `invalid_signature`');
});

test('the AsyncAPI document is valid', async () => {
  const diagnostics = await new Parser().validate(textOf('asyncapi.yaml'));
  expect(diagnostics.filter(({ severity }) => `${severity}` === `0`).map(({ message, path }) => `${path.join('/')}: ${message}`)).toEqual([]);
  const { channels, components } = parse(textOf('asyncapi.yaml'));
  expect(Object.values<{ address: string }>(channels).map(({ address }) => address)).toEqual(['public.behavior.event.v1', 'public.campaign.event.v1', 'public.webhook.delivery.v1']);
  expect(Object.values<{ name: string }>(components.messages).map(({ name }) => `${name}.v1.json`).toSorted()).toEqual(published.toSorted());
});

test('the AsyncAPI document says of the external listener what docker-compose.yml makes of it', () => {
  const compose = parse(readFileSync(join(FOLDER, '../docker-compose.yml'), 'utf8'));
  const listeners = String(compose.services.kafka.environment['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP']).split(',').map((listener) => listener.split(':'));
  const { servers, components } = parse(textOf('asyncapi.yaml'));
  // AsyncAPI's Kafka binding: `kafka-secure` is TLS, with or without SASL.
  const protocols = new Map([['SASL_PLAINTEXT', 'kafka'], ['SASL_SSL', 'kafka-secure']]);
  const [, external = ''] = listeners.find(([name]) => name === 'EXTERNAL') ?? [];
  expect(servers.bi.protocol).toBe(protocols.get(external));
  expect(servers.bi.security).toEqual([{ $ref: '#/components/securitySchemes/scram' }]);
  expect(components.securitySchemes.scram.type).toBe('scramSha512');
});
