import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { answerBeforeBody, answerOf, exchangeBytes, open, seenBy, send } from '../client.ts';
import { echo } from '../upstream-server.ts';
import { MEGABYTE, megabytes } from './megabytes.ts';
import type { Chapter } from './subject.ts';

export const bodies: Chapter = (subject) => {
  test('64 MB pass, and their first bytes before the last are sent', async () => {
    const arrived = Promise.withResolvers<void>();
    subject.ingress.answer = (request, response) => {
      request.once('data', () => arrived.resolve());
      echo(request, response);
    };
    const [first, ...others] = megabytes(64);
    const request = open(subject.gateway.port, '/v1/activities/bulk', { method: 'POST', headers: { 'content-length': 64 * MEGABYTE } });
    request.write(first);
    await arrived.promise;
    for (const chunk of others) {
      if (!request.write(chunk)) await once(request, 'drain');
    }
    request.end();
    const bodySha256 = createHash('sha256').update(Buffer.concat(megabytes(64))).digest('hex');
    expect(JSON.parse(await text(await answerOf(request)))).toMatchObject({ bodyBytes: 64 * MEGABYTE, bodySha256 });
  });

  test('64 MB pass in chunks too', async () => {
    const answer = await send(subject.gateway.port, '/v1/activities/bulk', { method: 'POST', body: Readable.from(megabytes(64)) });
    expect(seenBy(answer).bodyBytes).toBe(64 * MEGABYTE);
  });

  test('an answer given before the body has ended reaches the client', async () => {
    subject.ingress.answer = (_request, response) => void response.writeHead(415, { 'content-length': 3 }).end('no!');
    const answer = await send(subject.gateway.port, '/v1/activities/bulk', { method: 'POST', body: Readable.from(megabytes(8)) });
    expect([answer.status, answer.body.toString()]).toEqual([415, 'no!']);
  });

  test.each([
    ['a service', '/v1/activities/bulk', 415],
    ['the gateway', '/nowhere', 404],
  ])('%s may answer early, and the connection holds until the body has come', async (_description, path, status) => {
    subject.ingress.answer = (_request, response) => void response.writeHead(415, { 'content-length': 3 }).end('no!');
    const head = `POST ${path} HTTP/1.1\r\nHost: waggle.example\r\nConnection: close`;
    expect(await answerBeforeBody(subject.gateway.port, head, 20)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('who expects to be told to go on is told', async () => {
    const headers = { expect: '100-continue', 'content-length': 2 };
    const request = open(subject.gateway.port, '/v1/webhooks/inbound', { method: 'POST', headers });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('{}');
    expect(JSON.parse(await text(await answerOf(request)))).toMatchObject({ bodyBytes: 2 });
  });

  test.each([
    ['POST', { 'content-length': '2' }],
    ['DELETE', { 'content-length': '2' }],
    ['PATCH', { 'transfer-encoding': 'chunked' }],
    ['DELETE', { 'transfer-encoding': 'chunked' }],
  ])('the body of a %s with %j arrives', async (method, headers) => {
    const answer = await send(subject.gateway.port, '/v1/events', { method, headers, body: Readable.from([Buffer.from('{}')]) });
    expect(seenBy(answer)).toMatchObject({ method, bodyBytes: 2 });
  });

  test.each(['POST', 'PUT', 'DELETE', 'GET'])('a %s without a body gets none announced', async (method) => {
    const answer = await exchangeBytes(subject.gateway.port, `${method} /v1/events HTTP/1.1\r\nHost: waggle.example\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain('"bodyBytes":0');
    expect(answer.replaceAll('"content-length":"0"', '')).not.toMatch(/"(?:content-length|transfer-encoding)"/);
  });
};
