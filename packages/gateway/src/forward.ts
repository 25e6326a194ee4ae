import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { acceptsGzip, compressedHeaders, createCompressor, isCompressible } from './compression.ts';
import { answerError, drain, holdOpen, type Exchange } from './exchange.ts';
import { toClient, toUpstream, type RawHeaders } from './forwarded-headers.ts';
import { BODY_BYTES_MAX, CONNECT_TIMEOUT_MS, RETRY_WITHIN_MS, SILENCE_TIMEOUT_MS, STREAM_SILENCE_TIMEOUT_MS } from './limits.ts';
import { pump } from './pump.ts';
import type { Instance } from './upstreams.ts';

// Node would announce a chunked body on all other methods, even where there is none.
const METHODS_WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

interface ForwardDeps {
  agent: Agent;
  publicUrl: string;
}

/**
 * Streams one request to the first instance that takes the connection, and its answer back. Once anything may have been sent there is no
 * second try, but for what HTTP allows to repeat (RFC 9110 §9.2.2): for the rest only the caller knows whether that is safe.
 */
export function forward(exchange: Exchange, instances: readonly Instance[], deps: ForwardDeps): void {
  const [instance, ...others] = instances;
  if (instance === undefined) return answerError(exchange, 'unavailable', deps.publicUrl, 1);
  exchange.upstream = instance.url;
  const { request, response } = exchange;
  const outgoing = open(exchange, instance, deps.agent);
  let isConnected = false;
  onConnected(outgoing, () => {
    isConnected = true;
    sendBody(exchange, outgoing, deps.publicUrl);
  });
  outgoing.on('response', (incoming) => sendAnswer(exchange, incoming));
  outgoing.on('timeout', () => outgoing.destroy(new Error('silent for too long')));
  // The client is gone: whoever works for it may stop.
  const abandon = () => {
    if (!response.writableFinished) outgoing.destroy();
  };
  response.once('close', abandon);
  outgoing.on('error', () => {
    response.off('close', abandon);
    if (response.destroyed || response.writableEnded) return drain(request);
    const isFirstWord = !response.headersSent && performance.now() - exchange.startedAt < RETRY_WITHIN_MS;
    if (!isFirstWord || (isConnected && !isRepeatable(request))) return answerError(exchange, 'unavailable', deps.publicUrl, 1);
    // A kept connection that broke says nothing about a new one to the same instance.
    forward(exchange, outgoing.reusedSocket ? instances : others, deps);
  });
}

/** As nginx has it. */
function isRepeatable(request: IncomingMessage): boolean {
  return request.method !== 'POST' && request.method !== 'PATCH' && !hasBody(request);
}

function open({ request, target, route }: Exchange, { host, port }: Instance, agent: Agent): ClientRequest {
  const timeout = route?.stream === true ? STREAM_SILENCE_TIMEOUT_MS : SILENCE_TIMEOUT_MS;
  return httpRequest({ agent, host, port, method: request.method, path: target, headers: headersFor(request), timeout });
}

function headersFor(request: IncomingMessage): RawHeaders {
  const { rawHeaders, headers, method = 'GET', socket } = request;
  const host = headers.host ?? 'localhost';
  // An IPv4 client of a dual-stack socket shows as ::ffff:192.0.2.1.
  const result = toUpstream(rawHeaders, { host, address: (socket.remoteAddress ?? '').replace(/^::ffff:/, '') });
  if (headers.host === undefined) result.push('Host', host);
  if (!hasBody(request) && headers['content-length'] === undefined && !METHODS_WITHOUT_BODY.has(method)) result.push('Content-Length', '0');
  return result;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Nothing of the body is read before there is a connection to write it to: a refused one can then be tried elsewhere. */
function onConnected(outgoing: ClientRequest, then: () => void): void {
  outgoing.once('socket', (socket: Socket) => {
    if (!socket.connecting) return then();
    const timer = setTimeout(() => outgoing.destroy(new Error('no connection in time')), CONNECT_TIMEOUT_MS);
    outgoing.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      then();
    });
  });
}

function sendBody(exchange: Exchange, outgoing: ClientRequest, publicUrl: string): void {
  const { request, response } = exchange;
  if (!hasBody(request)) {
    outgoing.end();
    return;
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  let received = 0;
  pump(request, outgoing, (chunk) => {
    received += chunk.length;
    if (received <= BODY_BYTES_MAX) return true;
    // Answered first, so that the broken request is not taken for a broken upstream.
    if (!response.writableEnded) answerError(exchange, 'payload_too_large', publicUrl);
    outgoing.destroy();
    return false;
  });
}

function sendAnswer(exchange: Exchange, incoming: IncomingMessage): void {
  const { request, response } = exchange;
  exchange.requestId = incoming.headers['x-request-id']?.toString();
  holdOpen(exchange);
  const headers = toClient(incoming.rawHeaders);
  incoming.on('error', () => response.destroy());
  const { statusCode = 502, statusMessage = '' } = incoming;
  if (!isCompressible(incoming)) {
    response.writeHead(statusCode, statusMessage, headers);
    // What has no length may be an event stream that has nothing to say yet: its head must not wait for its first line.
    if (incoming.headers['content-length'] === undefined) response.flushHeaders();
    pump(incoming, response);
    return;
  }
  headers.push('Vary', 'Accept-Encoding');
  if (!acceptsGzip(request)) {
    response.writeHead(statusCode, statusMessage, headers);
    pump(incoming, response);
    return;
  }
  const compressor = createCompressor();
  response.writeHead(statusCode, statusMessage, compressedHeaders(headers));
  pump(compressor, response);
  pump(incoming, compressor);
  response.once('close', () => compressor.destroy());
}
