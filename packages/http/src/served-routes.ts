import type { Router } from 'express';

/**
 * What routers answer to, as in `GET /v1/users/:id`. Read from their own tables, so that nothing is served and not listed here: what it
 * cannot look into, it refuses.
 */
export function servedRoutes(routers: readonly Router[]): string[] {
  return routers.flatMap(({ stack }) => stack).flatMap(({ route }) => {
    if (route === undefined) throw new Error('A router within a router, or a handler without a path');
    const methods = new Set(route.stack.flatMap(({ method }) => (method === undefined ? [] : [method.toUpperCase()])));
    return [...methods].map((method) => `${method} ${route.path}`);
  });
}
