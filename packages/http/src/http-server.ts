import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parse } from 'node:querystring';
import { createDraining, type Component, type Logger } from '@waggle/runtime';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { Histogram, type Registry } from 'prom-client';
import { notUtf8, Problem, problemHandler } from './problem.ts';
import { servedRoutes } from './served-routes.ts';

export interface HttpServerOptions {
  host: string;
  port: number;
  publicUrl: string;
  /** For a body that is read as a whole, and for who goes on sending what was answered without being read. */
  bodyTimeoutMs: number;
  routers: readonly Router[];
  logger: Logger;
  metrics: Registry;
}

export interface HttpServer extends Component {
  /** As in `GET /v1/users/:id`. */
  routes: readonly string[];
}

/** 64 MB over a slow line. Bodies that are read as a whole have less: `readBody`. */
const STREAM_TIMEOUT_MS = 3_600_000;

/** Express with what every service needs: request ids, problems, one log line and one measurement per request. */
export function createHttpServer({ host, port, publicUrl, bodyTimeoutMs, routers, logger, metrics }: HttpServerOptions): HttpServer {
  const app = express().disable('x-powered-by').disable('etag').set('query parser', parseQueryString);
  const openAnswers = new Set<AbortController>();
  Object.assign(app.locals, { publicUrl, bodyTimeoutMs, openAnswers });
  const lingering = createLingering(bodyTimeoutMs);
  app.use(observe(logger, metrics), lingering.watch, ...routers);
  app.use(() => { throw new Problem('not_found', { detail: 'No such path' }); }, problemHandler);
  const server = createServer({ maxHeaderSize: 40_960, keepAliveTimeout: 65_000, requestTimeout: STREAM_TIMEOUT_MS }, app);
  const drain = createDraining(server);
  return {
    name: 'http server',
    routes: servedRoutes(routers),
    start: () => new Promise((resolve, reject) => server.once('error', reject).listen(port, host, () => resolve())),
    async stop() {
      const drained = drain();
      lingering.end();
      // Streams end only when they are ended; their readers resume elsewhere.
      for (const answer of openAnswers) answer.abort();
      await drained;
    },
    health: () => null,
  };
}

/** Node's own takes anything, and puts U+FFFD where the bytes are not UTF-8. */
function parseQueryString(text: string | undefined) {
  try {
    decodeURIComponent(text ?? '');
  } catch (error) {
    throw notUtf8('query', error);
  }
  return parse(text ?? '');
}

/** Those who were answered before they had sent all of their body. They may finish, for a while; nobody waits for them at the end. */
function createLingering(timeoutMs: number) {
  const requests = new Set<Request>();
  const cut = (request: Request) => {
    requests.delete(request);
    if (!request.complete) request.destroy();
  };
  const watch: RequestHandler = (request, response, next) => {
    response.on('finish', () => {
      if (request.complete) return;
      requests.add(request);
      setTimeout(() => cut(request), timeoutMs).unref();
    });
    next();
  };
  return { watch, end: () => requests.forEach(cut) };
}

function observe(logger: Logger, metrics: Registry): RequestHandler {
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [metrics],
  });
  return (request, response, next) => {
    const startedAt = performance.now();
    const requestId = `req_${randomUUID()}`;
    response.set('x-request-id', requestId);
    response.on('close', () => {
      const ms = performance.now() - startedAt;
      // The pattern of a path has few values, the path itself has many.
      const route: unknown = request.route?.path ?? 'none';
      seconds.observe({ method: request.method, route: String(route), status: response.statusCode }, ms / 1_000);
      writeLine(logger, response, { requestId, method: request.method, path: request.path, ms: Math.round(ms * 10) / 10 });
    });
    next();
  };
}

function writeLine(logger: Logger, response: Response, line: Record<string, unknown>) {
  const problem: unknown = response.locals['problem'];
  // A route with an error body of its own says its code here.
  const { code = response.locals['code'], cause } = problem instanceof Problem ? problem : {};
  const { workspaceId, keyId } = response.locals['caller'] ?? {};
  const wide = { ...line, status: response.statusCode, code, workspaceId, keyId };
  if (code === 'internal') logger.error({ ...wide, err: cause }, 'request');
  else if (problem instanceof Error && !(problem instanceof Problem)) logger.error({ ...wide, err: problem }, 'answer cut off');
  else logger.info(wide, 'request');
}
