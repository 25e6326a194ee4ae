import { timingSafeEqual } from 'node:crypto';
import express, { type RequestHandler, type Router } from 'express';
import { Problem, problemHandler } from './problem.ts';

/** What services ask each other, on the internal port, behind the internal token. */
export function createInternalApp(token: string, routers: readonly Router[]): express.Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(requireToken(token), express.json({ limit: '1mb' }), ...routers);
  app.use(() => { throw new Problem('not_found'); }, problemHandler);
  return app;
}

function requireToken(token: string): RequestHandler {
  const expected = Buffer.from(token);
  return (request, _response, next) => {
    const given = Buffer.from(request.get('x-internal-token') ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Problem('unauthorized');
    next();
  };
}
