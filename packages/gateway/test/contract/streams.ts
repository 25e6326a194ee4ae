import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { answerOf, open } from '../client.ts';
import type { Chapter } from './subject.ts';

export const streams: Chapter = (subject) => {
  test('the head of a stream, and each event, arrive before the next is written', async () => {
    const opened = Promise.withResolvers<ServerResponse>();
    subject.eventLog.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      opened.resolve(response);
    };
    const incoming = await answerOf(open(subject.gateway.port, '/v1/events/stream', { headers: { 'accept-encoding': 'gzip' } }).end());
    expect(incoming.headers['content-type']).toBe('text/event-stream');
    const stream = await opened.promise;
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      stream.write(event);
      const [chunk] = await once(incoming, 'data');
      expect(String(chunk)).toBe(event);
    }
    stream.end();
    await once(incoming, 'end');
  });

  test('a client that goes away takes its request at the service with it', async () => {
    const [opened, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<boolean>()];
    subject.eventLog.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      response.on('close', () => closed.resolve(response.writableFinished));
      opened.resolve();
    };
    const request = open(subject.gateway.port, '/v1/events/stream').end();
    await answerOf(request);
    await opened.promise;
    request.destroy();
    expect(await closed.promise).toBe(false);
  });

  test('so does one that goes away before there is an answer', async () => {
    const [arrived, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    subject.ingress.answer = (_request, response) => {
      response.on('close', closed.resolve);
      arrived.resolve();
    };
    const headers = { 'content-length': 2 };
    const request = open(subject.gateway.port, '/v1/webhooks/inbound', { method: 'POST', headers }).on('error', () => undefined).end('{}');
    await arrived.promise;
    request.destroy();
    await closed.promise;
    expect(subject.ingress.requests).toBe(1);
  });

  test('an answer that breaks off is not made to look whole', async () => {
    subject.eventLog.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('{"a":1}\n', () => response.destroy());
    };
    const incoming = await answerOf(open(subject.gateway.port, '/v1/events/export').end());
    await expect(text(incoming)).rejects.toThrow('aborted');
  });
};
