import { Router, type Request, type Response } from 'express';
import { readJson } from './body.ts';
import { authenticate, userNamedIn, type Caller, type FindKey } from './caller.ts';
import { answerOnce, identifyRequest, mayBeStored, type RequestIdentity, type RunOnce, type StoredAnswer } from './idempotency.ts';
import { enforceLimit, type Admit, type Policy } from './limit.ts';
import { pourInto, type Pour } from './outlet.ts';
import { Problem, renderProblem } from './problem.ts';

/** What a handler sees. `body` is undefined where the method has none. */
export interface ApiRequest {
  caller: Caller;
  /** As `X-Request-Id` tells the client. */
  requestId: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, unknown>>;
  body: unknown;
  header(name: string): string | undefined;
  /** From X-Buffy-User-ID: with a user key its owner or nobody. */
  namedUserId: string | undefined;
  /** Says whom the answer tells of, where only the handler knows: what is kept for a repetition is forgotten with its user. */
  concern(userId: string): void;
  /** For a route that counts by something else than the key. */
  limit(policy: Policy, subject: string): Promise<void>;
  /** Null without an Idempotency-Key. Of a stream, whose body is not read yet, the digest is of the rest of the request. */
  identity: RequestIdentity | null;
}

/** A request whose body the handler reads itself, piece by piece. */
export interface StreamRequest extends ApiRequest {
  incoming: Request;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Instead of a body: writes it piece by piece. Only of GET, which is never kept for a repetition. */
  pour?: Pour;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent = (): Answer => ({ status: 204 });

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Route {
  method: Method;
  /** In Express's form, as in `/v1/activities/:id`. */
  path: string;
  /** By default a request is counted under the router's `apiPolicy`, by key. It counts before it is known for a repetition. */
  count?(request: ApiRequest): Promise<void>;
  bodyLimitBytes?: number;
  handle(request: ApiRequest): Promise<Answer>;
  /** For bodies of another type than JSON. Its handler cares for repetitions by itself: nobody else knows the body. */
  stream?: { isOfType(contentType: string | undefined): boolean; handle(request: StreamRequest): Promise<Answer> };
}

export interface ApiDeps {
  findKey: FindKey;
  admit: Admit;
  /** For the routes that are counted by key: may be left out where there is none. */
  apiPolicy?: Policy;
  /** Needed as soon as there is a POST: the contract honours Idempotency-Key on each. */
  runOnce?: RunOnce;
}

const BODY_LIMIT_BYTES = 65_536;
const METHODS_WITH_BODY = new Set<Method>(['post', 'put', 'patch']);

/** Every route does the same in the same order: key, body, limit, the user named, repetition, handler. Other methods on its path are answered 405. */
export function apiRouter(deps: ApiDeps, routes: readonly Route[]): Router {
  const uncounted = routes.find((route) => route.count === undefined && deps.apiPolicy === undefined);
  if (uncounted !== undefined) throw new Error(`${uncounted.path} is counted by key, and no policy is given`);
  if (deps.runOnce === undefined && routes.some(({ method }) => method === 'post')) throw new Error('POST routes need `runOnce`');
  const router = Router();
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const expressRoute = router.route(path);
    for (const route of ofPath) {
      expressRoute[route.method](async (request: Request, response: Response) => {
        const answer = await serve(deps, route, { request, response });
        await send(response, answer, () => isKeyGood(deps.findKey, request));
      });
    }
    // Express answers HEAD by the route of GET.
    const allow = ofPath.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])).join(', ');
    expressRoute.all(() => { throw new Problem('method_not_allowed', { headers: { allow } }); });
  }
  return router;
}

interface Exchange {
  request: Request;
  response: Response;
}

async function serve(deps: ApiDeps, route: Route, exchange: Exchange): Promise<StoredAnswer | PouredAnswer> {
  const { request, response } = exchange;
  const caller = await authenticate(deps.findKey, request.headers.authorization);
  response.locals['caller'] = caller;
  const isStream = route.stream?.isOfType(request.headers['content-type']) ?? false;
  const body = METHODS_WITH_BODY.has(route.method) && !isStream ? await readJson(request, route.bodyLimitBytes ?? BODY_LIMIT_BYTES) : undefined;
  const limit = async (policy: Policy, subject: string) => enforceLimit(response, policy, await deps.admit(subject, policy));
  const params = Object.fromEntries(Object.entries(request.params).map(([name, value]) => [name, String(value)]));
  const requestId = String(response.get('x-request-id'));
  const asked: ApiRequest = { caller, requestId, params, query: request.query, body, header: (name) => request.get(name), namedUserId: undefined, concern: () => {}, limit, identity: null };
  if (route.count !== undefined) await route.count(asked);
  else if (deps.apiPolicy !== undefined) await limit(deps.apiPolicy, caller.keyId);
  const namedUserId = userNamedIn(caller, request.get('x-buffy-user-id'));
  const identity = route.method === 'post' ? identityOf(request, { caller, body, namedUserId }) : null;
  const identified = { ...asked, namedUserId, concern: (userId: string) => void identity?.users.add(userId), identity };
  if (isStream) return toStored(await route.stream!.handle({ ...identified, incoming: request }));
  if (identity === null || deps.runOnce === undefined) return toSent(await route.handle(identified));
  return answerOnce(deps.runOnce, identity, () => route.handle(identified).then(toStored, (error: unknown) => toStoredProblem(error, exchange)));
}

function identityOf(request: Request, { caller, body, namedUserId }: Pick<ApiRequest, 'caller' | 'body' | 'namedUserId'>): RequestIdentity | null {
  const key = request.get('idempotency-key');
  if (key === undefined) return null;
  const { method, path, query } = request;
  return identifyRequest({ caller, key, method, path, query, body, namedUserId });
}

interface PouredAnswer {
  status: number;
  headers: Record<string, string>;
  pour: Pour;
}

function toSent(answer: Answer): StoredAnswer | PouredAnswer {
  const { status, headers = {}, pour } = answer;
  return pour === undefined ? toStored(answer) : { status, headers, pour };
}

function toStored({ status, body, headers = {} }: Answer): StoredAnswer {
  if (body === undefined) return { status, headers, body: null };
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) };
}

/** A refusal is an answer like any other. What must not be kept is thrown on, which undoes all that came with it. */
function toStoredProblem(error: unknown, { response }: Exchange): StoredAnswer {
  const { problem, answer } = renderProblem(error, response);
  if (!mayBeStored(answer.status) || problem.code === 'idempotency_key_reused') throw error;
  response.locals['problem'] = problem;
  return answer;
}

async function send(response: Response, answer: StoredAnswer | PouredAnswer, isKeyStillGood: () => Promise<boolean>): Promise<void> {
  response.status(answer.status).set(answer.headers);
  if (response.req.method === 'HEAD') response.end();
  else if ('pour' in answer) await pourInto(response, answer.pour, isKeyStillGood);
  else if (answer.body === null) response.end();
  else response.end(answer.body);
}

/** Who cannot be asked about leaves things as they are, as with a key that is remembered. */
async function isKeyGood(findKey: FindKey, { headers }: Request): Promise<boolean> {
  try {
    await authenticate(findKey, headers.authorization);
    return true;
  } catch (error) {
    return !(error instanceof Problem);
  }
}
