import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { problemOf, seenBy, send } from '../client.ts';
import { PUBLIC_URL } from '../start-gateway.ts';
import type { Chapter } from './subject.ts';

const json = { method: 'POST', headers: { 'content-length': 2 }, body: '{}' };

export const outages: Chapter = (subject) => {
  test('while one refuses connections the other answers, bodies included; back again, it has its share', async () => {
    const [spare] = subject.cores;
    await spare.stop();
    for (let round = 0; round < 10; round++) {
      const answer = await send(subject.gateway.port, '/v1/users', { method: 'POST', body: Readable.from([Buffer.alloc(100_000)]) });
      expect([answer.status, seenBy(answer).bodyBytes]).toEqual([200, 100_000]);
    }
    await spare.start();
    spare.forget();
    for (let round = 0; round < 10; round++) await send(subject.gateway.port, '/v1/users');
    expect(spare.requests).toBeGreaterThan(0);
  });

  test('none answers: 503 in the contract’s shape; back again, it is used without a restart', async () => {
    await send(subject.gateway.port, '/v1/webhooks/inbound', json);
    await subject.ingress.stop();
    const answer = await send(subject.gateway.port, '/v1/webhooks/inbound', { method: 'POST', body: Readable.from([Buffer.alloc(1_000_000)]) });
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '1' });
    expect(problemOf(answer)).toMatchObject({
      type: `${PUBLIC_URL}/docs/problems/unavailable`,
      status: 503,
      code: 'unavailable',
      instance: answer.headers['x-request-id'],
    });
    await subject.ingress.start();
    expect((await send(subject.gateway.port, '/v1/webhooks/inbound', json)).status).toBe(200);
  });

  test('for the in-app webhook the 503 has its guide’s shape', async () => {
    await subject.ingress.stop();
    const answer = await send(subject.gateway.port, '/user/inapp/webhooks', json);
    await subject.ingress.start();
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
    expect(problemOf(answer)).toEqual({ status: 503, message: 'No instance of the service answers', data: null, code: 'unavailable' });
  });
};
