import { createPortalSessionBody, exchangePortalCodeBody, toUtc, type PortalSessionView, type PortalTokenView } from '@waggle/contracts';
import {
  actingFor, answerOnce, created, identifyRequest, isJsonType, parseBody, parseJson, Problem, readBody, requireApiKey, type ApiRequest, type Route, type RunOnce, type StoredAnswer,
} from '@waggle/http';
import { Router, type Request, type Response } from 'express';
import type { PortalSessionRow, PortalSessionStore } from '../../adapters/people/portal-session-store.ts';
import { administrator, unknownUser } from './named-user.ts';

const PATH = '/v1/portal-sessions';
const BODY_LIMIT_BYTES = 1_024;

/** Behind the `#`: no server, proxy or log gets to see it. */
export const portalUrl = (publicUrl: string, code: string) => `${publicUrl}/portal/#code=${code}`;

export function portalSessionsRoutes({ sessions, publicUrl }: { sessions: Pick<PortalSessionStore, 'create'>; publicUrl: string }): Route[] {
  async function create(request: ApiRequest) {
    const { caller, body, namedUserId } = request;
    requireApiKey(caller);
    const { user_id: named = namedUserId } = parseBody(createPortalSessionBody, body);
    const made = await sessions.create(administrator(request), actingFor(caller, named) ?? null);
    if (made === null) throw unknownUser();
    const view: PortalSessionView = { url: portalUrl(publicUrl, made.code), expires_at: toUtc(made.expiresAt) };
    return created(view);
  }
  return [{ method: 'post', path: PATH, handle: create }];
}

interface ExchangeDeps {
  sessions: Pick<PortalSessionStore, 'findByCode' | 'exchange'>;
  runOnce: RunOnce;
}

/** The one request under /v1 without a key: the code is what it comes with, and says in whose name it is done. */
export function exchangePortalCodeRoute({ sessions, runOnce }: ExchangeDeps): Router {
  async function exchange(request: Request, response: Response) {
    if (!isJsonType(request.headers['content-type'])) throw new Problem('unsupported_media_type');
    const { value: body } = parseJson(await readBody(request, BODY_LIMIT_BYTES));
    const { code } = parseBody(exchangePortalCodeBody, body);
    const session = await sessions.findByCode(code);
    if (session === null) throw badCode();
    response.locals['caller'] = { workspaceId: session.workspace_id, keyId: session.id };
    const work = () => exchangeOnce(code, String(response.get('x-request-id')));
    const answer = await withIdempotency(request, { session, body, work });
    response.status(answer.status).set(answer.headers).send(answer.body);
  }

  async function exchangeOnce(code: string, requestId: string): Promise<StoredAnswer> {
    const exchanged = await sessions.exchange({ code, requestId });
    if (exchanged === null) throw badCode();
    const { row, token } = exchanged;
    const view: PortalTokenView = { token, expires_at: toUtc(row.expires_at), user_id: row.user_id };
    return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }, body: JSON.stringify(view) };
  }

  /** Whose answer was lost may ask again under the same key, for the same code and nobody else's. */
  function withIdempotency(request: Request, { session, body, work }: { session: PortalSessionRow; body: unknown; work(): Promise<StoredAnswer> }): Promise<StoredAnswer> {
    const key = request.get('idempotency-key');
    if (key === undefined) return work();
    const caller = { keyId: session.id, workspaceId: session.workspace_id, userId: session.user_id };
    const { method, path, query } = request;
    return answerOnce(runOnce, identifyRequest({ caller, key, method, path, query, body, namedUserId: undefined }), work);
  }

  const router = Router();
  router.route(`${PATH}/exchange`)
    .post(exchange)
    .all(() => { throw new Problem('method_not_allowed', { headers: { allow: 'POST' } }); });
  return router;
}

const badCode = () => new Problem('unauthorized', { detail: 'The code is unknown, was used already, or is older than a minute' });
