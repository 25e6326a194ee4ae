import { Agent } from 'node:http';
import { expect, test } from '@jest/globals';
import { problemOf, seenBy, send } from '../client.ts';
import type { Chapter } from './subject.ts';

const SPOOFED = [
  'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Prefix', 'X-Forwarded-Server', 'Forwarded', 'X-Real-IP',
  'X-Internal-Token', 'X-Waggle-Internal-Token', 'Proxy-Authorization',
];

export const headers: Chapter = (subject) => {
  test('where a request came from is what the gateway saw, whatever the client says', async () => {
    const host = 'api.waggle.example:8443';
    const spoofed = Object.fromEntries(SPOOFED.map((name) => [name, ['spoofed', 'spoofed twice']]));
    const seen = seenBy(await send(subject.gateway.port, '/v1/events', { headers: { host, ...spoofed } })).headers;
    expect(seen).toMatchObject({ host, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': host });
    expect(JSON.stringify(seen)).not.toContain('spoofed');
  });

  test('what belongs to the client’s connection stays there', async () => {
    const own = { connection: 'close', te: 'trailers', upgrade: 'h2c', 'keep-alive': 'timeout=1' };
    const { te, upgrade, connection, 'keep-alive': keepAlive } = seenBy(await send(subject.gateway.port, '/v1/events', { headers: own })).headers;
    expect([te, upgrade, keepAlive]).toEqual([undefined, undefined, undefined]);
    expect(connection ?? 'keep-alive').toBe('keep-alive');
  });

  test('all others pass as they are', async () => {
    const others = {
      authorization: 'Bearer wgl_x', 'idempotency-key': 'a b', 'x-buffy-user-id': 'usr_1', 'x-request-id': 'mine', 'if-match': '"7"',
      with_underscore: '1', 'x.dot': '1',
    };
    expect(seenBy(await send(subject.gateway.port, '/v1/events', { headers: others })).headers).toMatchObject(others);
  });

  test.each([
    ['in one field', { 'x-long': 'a'.repeat(31 * 1024) }],
    ['in many', Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`x-long-${index}`, 'a'.repeat(990)]))],
  ])('32 KB of them pass, %s', async (_description, long) => {
    expect(seenBy(await send(subject.gateway.port, '/v1/events', { headers: long })).headers).toMatchObject(long);
  });

  test('more than 36 KB do not: 400', async () => {
    const answer = await send(subject.gateway.port, '/v1/events', { headers: { a: 'a'.repeat(20_000), b: 'b'.repeat(20_000) } });
    expect([answer.status, problemOf(answer)['code']]).toEqual([400, 'validation_failed']);
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
  });

  test('an answer’s status and fields pass, its request id among them', async () => {
    subject.eventLog.answer = (_request, response) => {
      const fields = [['X-Request-Id', 'req_1'], ['Retry-After', '7'], ['RateLimit', '"api";r=0;t=7'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']];
      response.writeHead(429, fields.flat()).end('{}');
    };
    const answer = await send(subject.gateway.port, '/v1/events');
    expect([answer.status, answer.body.toString()]).toEqual([429, '{}']);
    expect(answer.headers).toMatchObject({ 'x-request-id': 'req_1', 'retry-after': '7', ratelimit: '"api";r=0;t=7', 'set-cookie': ['a=1', 'b=2'] });
  });

  test.each([404, 413, 429, 502, 503, 504])('a service’s own %i is not the gateway’s', async (status) => {
    subject.eventLog.answer = (_request, response) => void response.writeHead(status, { 'content-length': 3 }).end('own');
    const answer = await send(subject.gateway.port, '/v1/events');
    expect([answer.status, answer.body.toString(), answer.headers['retry-after']]).toEqual([status, 'own', undefined]);
  });

  test.each([
    ['HEAD', 200, { 'content-length': 5 }],
    ['DELETE', 204, {}],
    ['GET', 304, {}],
  ])('%s answered with %i has no body, and the connection goes on', async (method, status, fields) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    subject.eventLog.answer = (_request, response) => void response.writeHead(status, fields).end();
    for (let round = 0; round < 2; round++) {
      const answer = await send(subject.gateway.port, '/v1/events', { method, agent });
      expect([answer.status, answer.body.length]).toEqual([status, 0]);
    }
    agent.destroy();
  });
};
