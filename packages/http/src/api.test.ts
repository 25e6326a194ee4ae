import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { makeApiKey } from './api-key.ts';
import { apiRouter, noContent, ok, type Route } from './api.ts';
import { problemHandler } from './problem.ts';

const deps = { findKey: async () => null, admit: () => Promise.reject(new Error('nobody is admitted')) };
const route: Route = { method: 'get', path: '/v1/things', handle: async () => noContent() };

test('a route that is counted by key cannot be served without a policy to count it under', () => {
  expect(() => apiRouter(deps, [route])).toThrow('/v1/things');
});

test('routes that count by themselves need none', () => {
  expect(() => apiRouter(deps, [{ ...route, count: async () => {} }])).not.toThrow();
});

const free = { count: async () => {} };
const clientIsGone = Promise.withResolvers<void>();
const wasTaken = Promise.withResolvers<boolean>();
const router = apiRouter({ ...deps, findKey: async () => ({ keyId: 'key_1', workspaceId: 'ws_1', userId: null }), runOnce: () => Promise.reject(new Error('no request has a key')) }, [
  { ...free, method: 'post', path: '/v1/things', handle: async ({ body }) => ok({ body }) },
  { ...free, method: 'get', path: '/v1/seen', handle: async () => ok({ seen: true }) },
  { ...free, method: 'delete', path: '/v1/seen', handle: async () => noContent() },
  { ...free, method: 'get', path: '/v1/poured', handle: async () => {
    await clientIsGone.promise;
    return { status: 200, pour: async ({ write }) => wasTaken.resolve(await write('something')) };
  } },
]);
const app = express().use(router, problemHandler);
Object.assign(app.locals, { bodyTimeoutMs: 1_000, openAnswers: new Set() });
const server = createServer(app);
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());

const port = () => {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
};

function ask(path: string, { headers = {}, ...request }: { method: string; headers?: Record<string, string>; body?: Buffer }) {
  return fetch(`http://127.0.0.1:${port()}${path}`, { ...request, headers: { authorization: `Bearer ${makeApiKey()}`, ...headers } });
}

async function call(headers: Record<string, string>, body = '') {
  const answer = await ask('/v1/things', { method: 'POST', headers, body: Buffer.from(body) });
  return { status: answer.status, body: await answer.json() };
}

test.each([
  { description: 'no bytes under a JSON content type', headers: { 'content-type': 'application/json' }, sent: '' },
  { description: 'no bytes and no content type', headers: {}, sent: '' },
  { description: 'an empty object', headers: { 'content-type': 'application/json' }, sent: '{}' },
])('$description: a body without fields', async ({ headers, sent }) => {
  expect(await call(headers, sent)).toEqual({ status: 200, body: { body: {} } });
});

test.each([
  { description: 'no bytes under another content type', headers: { 'content-type': 'text/plain' }, sent: '', code: 'unsupported_media_type' },
  { description: 'white space', headers: { 'content-type': 'application/json' }, sent: ' ', code: 'malformed_json' },
])('$description: $code', async ({ headers, sent, code }) => {
  expect((await call(headers, sent)).body).toMatchObject({ code });
});

test.each([['/v1/things', 'POST'], ['/v1/seen', 'GET, HEAD, DELETE']])('a 405 of %s names every method that is served there: %s', async (path, allow) => {
  const refused = await ask(path, { method: 'PUT' });
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, allow]);
  for (const method of allow.split(', ')) expect((await ask(path, { method })).status).toBeLessThan(300);
});

test('an answer that is poured ends, although its client went away before it began', async () => {
  const arrived = once(server, 'request');
  const request = get({ port: port(), path: '/v1/poured', headers: { authorization: `Bearer ${makeApiKey()}` } }).on('error', () => {});
  const [{ socket }] = await arrived;
  request.destroy();
  await once(socket, 'close');
  clientIsGone.resolve();
  expect(await wasTaken.promise).toBe(false);
});
