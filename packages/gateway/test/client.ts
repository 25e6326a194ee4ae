import { once } from 'node:events';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Seen } from './upstream-server.ts';

export interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

interface Sending {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer | Readable;
  agent?: Agent;
}

/** A client that sends paths and headers as they stand: got and fetch would tidy them up first. */
export function open(port: number, path: string, { method = 'GET', headers = {}, agent }: Omit<Sending, 'body'> = {}): ClientRequest {
  return httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: agent ?? false });
}

export async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  // A server that refuses a body closes on it; what counts is the answer that came before.
  const answered = once(request, 'response');
  const [incoming] = await answered;
  request.on('error', () => undefined);
  return incoming;
}

export async function send(port: number, path: string, { body, ...sending }: Sending = {}): Promise<Answer> {
  const request = open(port, path, sending);
  if (body instanceof Readable) body.pipe(request);
  else request.end(body);
  const incoming = await answerOf(request);
  return { status: incoming.statusCode, headers: incoming.headers, body: await buffer(incoming) };
}

export const problemOf = ({ body }: Answer) => z.record(z.string(), z.unknown()).parse(JSON.parse(body.toString()));

/** What the echoing upstream has seen. */
export const seenBy = ({ body }: Answer): Seen => JSON.parse(body.toString());

/** Bytes in, bytes out, until the other side closes. */
export async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return await text(socket);
}

/** Sends the head and one byte of a body, waits for the whole answer, then sends the rest: resolves to the answer, rejects if cut meanwhile. */
export async function answerBeforeBody(port: number, head: string, bodyBytes: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const failed = Promise.withResolvers<never>();
  socket.once('error', failed.reject);
  socket.write(`${head}\r\nContent-Length: ${bodyBytes}\r\n\r\n1`);
  let answer = '';
  while (!/\r\n\r\n.+/s.test(answer)) answer += String((await Promise.race([once(socket, 'data'), failed.promise]))[0]);
  for (let sent = 1; sent < bodyBytes; sent++) await new Promise((resolve) => socket.write('1', resolve));
  socket.end();
  await Promise.race([once(socket, 'close'), failed.promise]);
  return answer;
}
