import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { acceptsGzip, COMPRESSED_BYTES_MIN, COMPRESSED_TYPES } from './compression.ts';
import { gatewayError, type GatewayErrorCode } from './gateway-errors.ts';
import type { TableRow } from './routes.ts';
import { STATIC_METHODS, type Redirect, type StaticFile } from './static-file.ts';

/** One request and its answer, on the client's side. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Path and query as they came, undecoded. */
  target: string;
  route: TableRow | undefined;
  /** What the gateway has itself. */
  own: StaticFile | Redirect | undefined;
  startedAt: number;
  /** Filled in on the way, for the log line. */
  upstream?: string;
  requestId?: string | undefined;
  errorCode?: GatewayErrorCode;
}

// What nginx calls lingering: a client still sending may read its answer; then the connection is cut.
const LINGER_MS = 5_000;

/** Answers in the gateway's own name; where the answer has begun already, cutting it is the only way to say so. */
export function answerError(exchange: Exchange, code: GatewayErrorCode, publicUrl: string, retryAfterSeconds?: number): void {
  const { request, response, route, own } = exchange;
  exchange.errorCode = code;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const requestId = `req_${randomUUID()}`;
  exchange.requestId = requestId;
  const { status, contentType, body } = gatewayError({ code, shape: route?.errors ?? 'problem', publicUrl, requestId });
  holdOpen(exchange);
  const headers = ['Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(body)), 'X-Request-Id', requestId];
  if (code === 'method_not_allowed' && own !== undefined) headers.push('Allow', STATIC_METHODS.join(', '));
  if (retryAfterSeconds !== undefined) headers.push('Retry-After', String(retryAfterSeconds));
  response.writeHead(status, headers).end(body);
  drain(request);
}

/** With the fields that nginx sends beside its copy of it. */
export function answerOwn(exchange: Exchange, own: StaticFile | Redirect, publicUrl: string): void {
  const { request, response } = exchange;
  if (!STATIC_METHODS.includes(request.method ?? '')) return answerError(exchange, 'method_not_allowed', publicUrl);
  exchange.requestId = `req_${randomUUID()}`;
  holdOpen(exchange);
  if ('location' in own) response.writeHead(302, { 'Location': own.location, 'Content-Length': 0, 'X-Request-Id': exchange.requestId }).end();
  else writeFile(exchange, own);
  drain(request);
}

function writeFile({ request, response, requestId }: Exchange, file: StaticFile): void {
  const { body: plain, type, headers } = file;
  const isCompressible = plain.length >= COMPRESSED_BYTES_MIN && COMPRESSED_TYPES.includes(type);
  const isCompressed = isCompressible && acceptsGzip(request);
  const body = isCompressed ? gzipped(file) : plain;
  response.writeHead(200, {
    'Content-Type': COMPRESSED_TYPES.includes(type) ? `${type}; charset=utf-8` : type,
    'Content-Length': body.length,
    'X-Request-Id': requestId,
    ...headers,
    ...(isCompressible && { Vary: 'Accept-Encoding' }),
    ...(isCompressed && { 'Content-Encoding': 'gzip' }),
  });
  response.end(body);
}

const compressed = new WeakMap<StaticFile, Buffer>();

/** Once for each file: what it holds never changes while the gateway runs. */
function gzipped(file: StaticFile): Buffer {
  const known = compressed.get(file) ?? gzipSync(file.body, { level: 9 });
  compressed.set(file, known);
  return known;
}

/**
 * Before an answer to a request whose body is still coming. Where the client wants no second answer on this connection, Node would close it
 * right after the first: data that arrives at a closed socket makes the kernel reset the connection, and the client may lose its answer.
 */
export function holdOpen({ request, response }: Exchange): void {
  if (request.complete || response.shouldKeepAlive) return;
  response.shouldKeepAlive = true;
  request.once('end', () => {
    if (response.writableFinished) request.socket.end();
    else response.once('finish', () => request.socket.end());
  });
}

/** Reads on what nobody wants any more. Closing at once would make the kernel throw away the answer that is under way. */
export function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(timer)).resume();
}
