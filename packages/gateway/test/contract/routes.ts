import { expect, test } from '@jest/globals';
import { exchangeBytes, seenBy, send } from '../client.ts';
import { requestsOf, type Chapter } from './subject.ts';

export const routes: Chapter = (subject) => {
  test.each([
    ['POST', '/v1/webhooks/inbound', 'ingress'],
    ['POST', '/v1/activities/bulk?notify=true', 'ingress'],
    ['POST', '/user/inapp/webhooks', 'ingress'],
    ['GET', '/v1/users/usr_1/channels/feed/messages', 'dispatcher'],
    ['GET', '/v1/users/a%2Fb/channels/c%20d/messages?cursor=%7B%22', 'dispatcher'],
    ['POST', '/v1/webhooks/endpoints/whe_1/test', 'dispatcher'],
    ['GET', '/v1/webhooks/deliveries?status=failed', 'dispatcher'],
    ['GET', '/v1/webhooks/event-types', 'dispatcher'],
    ['GET', '/v1/events', 'eventLog'],
    ['GET', '/v1/events/evt_1', 'eventLog'],
    ['GET', '/v1/events/stream?cursor=x', 'eventLog'],
  ] as const)('%s %s reaches %s, target and method unchanged', async (method, target, service) => {
    const answer = await send(subject.gateway.port, target, { method });
    expect(answer.status).toBe(200);
    expect(seenBy(answer)).toMatchObject({ method, target });
    expect(subject[service].requests).toBe(1);
  });

  test.each([
    '/v1/activities', '/v1/activities/bulky', '/v1/users/usr_1/channels/feed', '/v1/operations/op_1/results', '/v1/activity-templates',
    '/v1/auth/me', '/v1/api-keys/key_1', '/v1/portal-sessions/exchange', '/v1/campaigns/42/leaderboard?limit=10',
  ])('%s reaches the core', async (target) => {
    const answer = await send(subject.gateway.port, target);
    expect(seenBy(answer).target).toBe(target);
    expect(requestsOf(subject)).toBe(1);
  });

  test('the absolute form of a target is understood', async () => {
    const head = 'GET http://waggle.example/v1/events?limit=1 HTTP/1.1\r\nHost: waggle.example\r\nConnection: close\r\n\r\n';
    expect(await exchangeBytes(subject.gateway.port, head)).toContain('"target":"/v1/events?limit=1"');
  });

  test('HTTP/1.0 without a Host is served', async () => {
    expect(await exchangeBytes(subject.gateway.port, 'GET /v1/events HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.[01] 200 /);
  });

  test('the health of the gateway has a port of its own', async () => {
    const answer = await fetch(subject.gateway.healthUrl);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 200, reasons: {} }]);
    expect((await send(subject.gateway.port, '/health')).status).toBe(404);
  });
};
