import { Agent, type ServerResponse } from 'node:http';
import { expect, test } from '@jest/globals';
import { eventually } from '@waggle/testkit';
import { problemOf, send } from '../client.ts';
import { requestsOf, type Chapter } from './subject.ts';

const json = { method: 'POST', headers: { 'content-length': 2 }, body: '{}' };

export const instances: Chapter = (subject) => {
  test('two share the load', async () => {
    for (let round = 0; round < 40; round++) await send(subject.gateway.port, '/v1/users');
    expect(requestsOf(subject)).toBe(40);
    for (const { requests } of subject.cores) expect(requests).toBeGreaterThanOrEqual(10);
  });

  test('connections to a service are kept', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; round < 20; round++) await send(subject.gateway.port, '/v1/webhooks/inbound', { ...json, agent });
    agent.destroy();
    expect(subject.ingress.requests).toBe(20);
    expect(subject.ingress.connections).toBeLessThanOrEqual(1);
  });

  test('a POST that an instance took and did not answer is given to no other: 503', async () => {
    for (const core of subject.cores) core.answer = (request) => request.socket.destroy();
    const answer = await send(subject.gateway.port, '/v1/users', json);
    expect([answer.status, problemOf(answer)['code']]).toEqual([503, 'unavailable']);
    expect(requestsOf(subject)).toBe(1);
  });

  test('a GET is, for it changes nothing', async () => {
    subject.cores[0].answer = (request) => request.socket.destroy();
    for (let round = 0; round < 4; round++) expect((await send(subject.gateway.port, '/v1/users')).status).toBe(200);
    expect(subject.cores[0].requests).toBeGreaterThan(0);
  });

  test('one that takes its time is asked once', async () => {
    const waiting: ServerResponse[] = [];
    for (const core of subject.cores) core.answer = (_request, response) => void waiting.push(response);
    const slow = send(subject.gateway.port, '/v1/users/usr_slow');
    await eventually(() => expect(waiting).toHaveLength(1));
    // Others come and go meanwhile.
    for (let round = 0; round < 20; round++) await send(subject.gateway.port, '/v1/events');
    waiting[0]?.end('late');
    expect((await slow).body.toString()).toBe('late');
    expect(requestsOf(subject)).toBe(1);
  });
};
