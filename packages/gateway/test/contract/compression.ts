import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { send } from '../client.ts';
import type { Chapter } from './subject.ts';

const long = JSON.stringify({ data: 'a'.repeat(5_000) });

export const compression: Chapter = (subject) => {
  const answerWith = (type: string, body: string) => {
    const fields = { 'content-type': type, 'content-length': Buffer.byteLength(body), etag: '"1"' };
    subject.eventLog.answer = (_request, response) => void response.writeHead(200, fields).end(body);
  };

  test('long JSON is compressed for who asks', async () => {
    answerWith('application/json; charset=utf-8', long);
    const answer = await send(subject.gateway.port, '/v1/events', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding', etag: 'W/"1"' });
    expect(answer.headers['content-length']).toBeUndefined();
    expect(gunzipSync(answer.body).toString()).toBe(long);
  });

  test.each([
    ['who does not ask', 'application/json', long, {}],
    ['who forbids it', 'application/json', long, { 'accept-encoding': 'gzip;q=0' }],
    ['short JSON', 'application/json', '{}', { 'accept-encoding': 'gzip' }],
    ['lines that go out one by one', 'application/x-ndjson', long, { 'accept-encoding': 'gzip' }],
  ])('nothing is compressed for %s', async (_description, type, body, headers) => {
    answerWith(type, body);
    const answer = await send(subject.gateway.port, '/v1/events', { headers });
    expect(answer.headers).toMatchObject({ 'content-length': String(body.length), etag: '"1"' });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.body.toString()).toBe(body);
  });
};
