import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { problemOf, send } from '../client.ts';
import { MEGABYTE, megabytes } from './megabytes.ts';
import type { Chapter } from './subject.ts';

export const oversize: Chapter = (subject) => {
  test.each([
    ['announced', { 'content-length': 64 * MEGABYTE + 1 }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('more than 64 MB, %s: 413', async (_description, headers) => {
    const body = Readable.from([...megabytes(64), Buffer.alloc(1)]);
    const answer = await send(subject.gateway.port, '/v1/activities/bulk', { method: 'POST', headers, body });
    expect(answer.status).toBe(413);
    expect(problemOf(answer)).toMatchObject({ code: 'payload_too_large', status: 413, instance: answer.headers['x-request-id'] });
  });

  test('more than 64 MB of an in-app event: 400 in its guide’s shape', async () => {
    const headers = { 'content-length': 64 * MEGABYTE + 1 };
    const answer = await send(subject.gateway.port, '/user/inapp/webhooks', { method: 'POST', headers, body: Readable.from(megabytes(1)) });
    expect(answer.status).toBe(400);
    expect(problemOf(answer)).toEqual({ status: 400, message: 'The body is larger than 64 MB', data: null, code: 'payload_too_large' });
  });
};
