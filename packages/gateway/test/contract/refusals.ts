import { expect, test } from '@jest/globals';
import { exchangeBytes, problemOf, send } from '../client.ts';
import { PUBLIC_URL } from '../start-gateway.ts';
import type { Chapter } from './subject.ts';

export const refusals: Chapter = (subject) => {
  test.each([
    '/v1/eventsfoo', '/v1/webhooks/inbound/', '/v1/webhooks/event-types/1', '//v1/events', '/v1/%65vents', '/V1/events', '/internal/keys',
    '/_gateway/to/ingress', '/_gateway/unknown', '/%5fgateway/to/ingress',
  ])('%s is nobody’s: 404 in the contract’s shape', async (target) => {
    const answer = await send(subject.gateway.port, target, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['x-request-id']).toMatch(/^req_[0-9a-f-]{32,36}$/);
    expect(problemOf(answer)).toEqual({
      type: `${PUBLIC_URL}/docs/problems/not_found`,
      title: 'There is no such thing',
      status: 404,
      detail: 'No such path',
      instance: answer.headers['x-request-id'],
      code: 'not_found',
    });
  });

  test.each([
    '/v1/events/../users', '/v1/events/%2e%2E/users', '/../../etc', '/v1/events/./x', '/v1/events/%zz', '/v1/events/%00',
  ])('%s is malformed: 400', async (target) => {
    const answer = await send(subject.gateway.port, target);
    expect([answer.status, problemOf(answer)['code']]).toEqual([400, 'validation_failed']);
  });

  test('TRACE is served nowhere: 405', async () => {
    const answer = await send(subject.gateway.port, '/v1/events', { method: 'TRACE' });
    expect([answer.status, problemOf(answer)['code']]).toEqual([405, 'method_not_allowed']);
  });

  test('what is not HTTP is answered in the same shape, and the connection closed', async () => {
    const answer = await exchangeBytes(subject.gateway.port, 'GET /v1/events NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/x-request-id: req_[0-9a-f-]{32,36}\r\n/i);
    expect(answer).toMatch(/"code":"validation_failed"\}$/);
  });
};
