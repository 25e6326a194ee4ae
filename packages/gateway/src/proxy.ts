import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createDraining, type Component, type Logger } from '@waggle/runtime';
import { Histogram, type Registry } from 'prom-client';
import type { AddressLimit } from './address-limit.ts';
import { answerError, answerOwn, type Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { gatewayError, type GatewayErrorCode } from './gateway-errors.ts';
import { BODY_BYTES_MAX, CLIENT_IDLE_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from './limits.ts';
import { MALFORMED_TARGET, matchRoute, type RouteTable } from './routes.ts';
import type { FindStatic } from './static-file.ts';
import type { Upstreams } from './upstreams.ts';

export interface ProxyOptions {
  host: string;
  port: number;
  publicUrl: string;
  /** How long requests may go on after `stop` before they are cut. */
  drainMs: number;
}

interface ProxyDeps {
  table: RouteTable;
  findStatic: FindStatic;
  upstreams: Upstreams;
  addressLimit: AddressLimit | null;
  logger: Logger;
  metrics: Registry;
}

// 32 KB and room for the request line; the services take 40 KB, so that ours come through too.
const HEAD_BYTES_MAX = 36 * 1024;
const CONNECTIONS_MAX = 10_000;

/** The gateway of the local stack: one public URL over all services, by the same route file and with the same answers as nginx. */
export function createProxy(options: ProxyOptions, deps: ProxyDeps): Component {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  const inFlight = new Set<ServerResponse>();
  const observe = createObserver(deps);

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const target = toTarget(request.url ?? '');
    const route = matchRoute(deps.table, target);
    const own = route === undefined ? deps.findStatic(target.split('?', 1)[0] ?? '') : undefined;
    const exchange: Exchange = { request, response, target, route, own, startedAt: performance.now() };
    inFlight.add(response);
    response.once('close', () => {
      inFlight.delete(response);
      observe(exchange);
    });
    // A client that goes away in the middle of its body is an everyday event, seen by the response's close.
    request.on('error', () => undefined);

    const refusal = refuse(exchange, deps.addressLimit);
    const retryAfterSeconds = refusal === 'quota_exceeded' ? deps.addressLimit?.retryAfterSeconds : undefined;
    if (refusal !== null) answerError(exchange, refusal, options.publicUrl, retryAfterSeconds);
    else if (own !== undefined) answerOwn(exchange, own, options.publicUrl);
    else forward(exchange, deps.upstreams(exchange.route!.service), { agent, publicUrl: options.publicUrl });
  };

  const server = createServer({ maxHeaderSize: HEAD_BYTES_MAX, keepAliveTimeout: CLIENT_IDLE_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, handle);
  server.maxConnections = CONNECTIONS_MAX;
  // Handled like any other: the client is told to go on only when there is somebody to send to.
  server.on('checkContinue', handle);
  const drain = createDraining(server);
  server.on('clientError', (_error, socket: Socket) => {
    const isAnswering = [...inFlight].some((response) => response.socket === socket);
    if (isAnswering || !socket.writable) socket.destroy();
    else socket.end(unreadable(options.publicUrl));
  });

  return {
    name: 'proxy',
    start: () => new Promise((resolve, reject) => server.once('error', reject).listen(options.port, options.host, () => resolve())),
    async stop() {
      const drained = drain();
      // Event streams end only when they are cut; their readers resume from the last id.
      const timer = setTimeout(() => server.closeAllConnections(), options.drainMs);
      await drained;
      clearTimeout(timer);
      agent.destroy();
    },
    health: () => null,
  };
}

/** RFC 9112 §3.2.2: the absolute form must be understood; only its path counts. */
function toTarget(url: string): string {
  if (url.startsWith('/')) return url;
  const path = url.replace(/^https?:\/\/[^/?]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

function refuse({ request, target, route, own }: Exchange, addressLimit: AddressLimit | null): GatewayErrorCode | null {
  if (MALFORMED_TARGET.test(target)) return 'validation_failed';
  if (request.method === 'TRACE') return 'method_not_allowed';
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return 'payload_too_large';
  if (route === undefined && own === undefined) return 'not_found';
  if (addressLimit?.admit(request.socket.remoteAddress ?? '', performance.now()) === false) return 'quota_exceeded';
  return null;
}

/** To what is not HTTP, or has too large a head: there is no request to answer, only a connection. */
function unreadable(publicUrl: string): string {
  const requestId = `req_${randomUUID()}`;
  const { status, contentType, body } = gatewayError({ code: 'validation_failed', shape: 'problem', publicUrl, requestId });
  const head = [`HTTP/1.1 ${status} Bad Request`, `Content-Type: ${contentType}`, `X-Request-Id: ${requestId}`, `Content-Length: ${Buffer.byteLength(body)}`];
  return `${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`;
}

/** One line and one measurement per request. `requestId` is the answering service's own: it leads to that service's line. */
function createObserver({ logger, metrics }: Pick<ProxyDeps, 'logger' | 'metrics'>) {
  const duration = new Histogram({
    name: 'gateway_request_duration_seconds',
    help: 'From the head of a request to the end of its answer',
    labelNames: ['service', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [metrics],
  });
  return ({ request, response, target, route, upstream, startedAt, requestId, errorCode: code }: Exchange) => {
    const ms = performance.now() - startedAt;
    // nginx's number for a client that left before its answer was complete.
    const status = response.writableFinished ? response.statusCode : 499;
    duration.observe({ service: route?.service ?? 'none', status }, ms / 1_000);
    if (!logger.isLevelEnabled('info')) return;
    const [path] = target.split('?', 1);
    logger.info({ requestId, method: request.method, path, routedTo: route?.service, upstream, status, code, seconds: Math.round(ms) / 1_000 }, 'request');
  };
}
