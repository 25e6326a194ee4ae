import { Router, type Request, type Response } from 'express';
import { isJsonType, parseJson, readBody } from './body.ts';
import { authenticate, type Caller, type FindKey } from './caller.ts';
import { enforceLimit, type Admit, type Policy } from './limit.ts';
import { Problem } from './problem.ts';

/** What a handler sees. `body` is undefined where the method has none. */
export interface ApiRequest {
  caller: Caller;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, unknown>>;
  body: unknown;
  header(name: string): string | undefined;
  /** For a handler that counts by something else than the key. */
  limit(policy: Policy, subject: string): Promise<void>;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent = (): Answer => ({ status: 204 });

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Route {
  method: Method;
  /** In Express's form, as in `/v1/activities/:id`. */
  path: string;
  /** `key`: counted under the router's `apiPolicy`; `handler`: the handler calls `limit` itself. */
  limitedBy?: 'key' | 'handler';
  bodyLimitBytes?: number;
  handle(request: ApiRequest): Promise<Answer>;
}

export interface ApiDeps {
  findKey: FindKey;
  admit: Admit;
  /** For the routes that are counted by key: may be left out where there is none. */
  apiPolicy?: Policy;
}

const BODY_LIMIT_BYTES = 65_536;
const METHODS_WITH_BODY = new Set<Method>(['post', 'put', 'patch']);

/** Every route does the same in the same order: key, body, limit, handler. Other methods on its path are answered 405. */
export function apiRouter(deps: ApiDeps, routes: readonly Route[]): Router {
  const uncounted = routes.find((route) => route.limitedBy !== 'handler' && deps.apiPolicy === undefined);
  if (uncounted !== undefined) throw new Error(`${uncounted.path} is counted by key, and no policy is given`);
  const router = Router();
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const expressRoute = router.route(path);
    for (const route of ofPath) {
      expressRoute[route.method](async (request: Request, response: Response) => send(response, await serve(deps, route, { request, response })));
    }
    const allow = ofPath.map(({ method }) => method.toUpperCase()).join(', ');
    expressRoute.all(() => { throw new Problem('method_not_allowed', { headers: { allow } }); });
  }
  return router;
}

async function serve({ findKey, admit, apiPolicy }: ApiDeps, route: Route, { request, response }: { request: Request; response: Response }): Promise<Answer> {
  const caller = await authenticate(findKey, request.headers.authorization);
  response.locals['caller'] = caller;
  const body = METHODS_WITH_BODY.has(route.method) ? await readJson(request, route.bodyLimitBytes ?? BODY_LIMIT_BYTES) : undefined;
  const limit = async (policy: Policy, subject: string) => enforceLimit(response, policy, await admit(subject, policy));
  if (apiPolicy !== undefined && route.limitedBy !== 'handler') await limit(apiPolicy, caller.keyId);
  const params = Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)]));
  return route.handle({ caller, params, query: request.query, body, header: (name) => request.get(name), limit });
}

/** An action without arguments may come without a body. */
async function readJson(request: Request, limitBytes: number): Promise<unknown> {
  const bytes = await readBody(request, limitBytes);
  if (bytes.length === 0 && request.headers['content-type'] === undefined) return {};
  if (!isJsonType(request.headers['content-type'])) throw new Problem('unsupported_media_type');
  return parseJson(bytes).value;
}

function send(response: Response, { status, body, headers }: Answer): void {
  response.status(status).set(headers ?? {});
  if (body === undefined) response.end();
  else response.json(body);
}
