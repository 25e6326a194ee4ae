import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { problemOf, send } from '../client.ts';
import type { Gateway } from '../start-gateway.ts';
import type { Chapter } from './subject.ts';

export const addressLimit: Chapter = (subject) => {
  let limited: Gateway;
  beforeAll(async () => {
    limited = await subject.startGateway({ upstreams: subject.urls, addressLimitPerMinute: 5 });
  });
  afterAll(() => limited.stop());

  test('a minute’s requests pass at once, the next is refused: 429', async () => {
    const answers = [];
    for (let round = 0; round < 6; round++) answers.push(await send(limited.port, '/v1/events'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = answers[5]!;
    expect(problemOf(refused)).toMatchObject({ code: 'quota_exceeded', status: 429, instance: refused.headers['x-request-id'] });
    expect(refused.headers['retry-after']).toBe('12');
    expect(subject.eventLog.requests).toBe(5);
    const inApp = await send(limited.port, '/user/inapp/webhooks', { method: 'POST', headers: { 'content-length': 2 }, body: '{}' });
    const message = 'Too many requests from this address';
    expect([inApp.status, problemOf(inApp)]).toEqual([429, { status: 429, message, data: null, code: 'quota_exceeded' }]);
  });
};
