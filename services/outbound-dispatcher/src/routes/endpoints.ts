import { randomBytes } from 'node:crypto';
import { createEndpointBody, newId, pageQuery, toUtc, type EndpointView } from '@waggle/contracts';
import { created, decodeCursor, noContent, ok, parseBody, parseQuery, Problem, toPage, type ApiRequest, type Route } from '@waggle/http';
import { z } from 'zod';
import type { EndpointRow, EndpointScope, EndpointStore } from '../adapters/endpoint-store.ts';
import type { JudgedUrl } from '../domain/endpoint-url.ts';

interface EndpointRoutesDeps {
  store: EndpointStore;
  judgeUrl(text: string): JudgedUrl;
  mayReach(hostname: string): Promise<boolean>;
  sealSecret(secret: string, endpointId: string): string;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
}

const SECRET_BYTES = 32;
const PATH = '/v1/webhooks/endpoints';
const isEndpointId = (id: string) => /^whe_[0-9a-z]{26}$/.test(id);

export function endpointRoutes({ store, judgeUrl, mayReach, sealSecret, wake }: EndpointRoutesDeps): Route[] {
  async function checkUrl(text: string): Promise<string> {
    const judged = judgeUrl(text);
    if ('refusal' in judged) throw new Problem('url_not_allowed', { detail: judged.refusal });
    if (judged.hostname !== null && !(await mayReach(judged.hostname))) {
      throw new Problem('url_not_allowed', { detail: `${judged.hostname} has no public address` });
    }
    return judged.url;
  }

  async function create({ caller, body, requestId }: ApiRequest) {
    const { url, event_types: eventTypes, description = null } = parseBody(createEndpointBody, body);
    const checkedUrl = await checkUrl(url);
    const id = newId('whe');
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    const endpoint = { ...scopeOf(caller), id, url: checkedUrl, eventTypes, description, sealedSecret: sealSecret(secret, id) };
    const row = await store.insert({ keyId: caller.keyId, requestId }, endpoint);
    wake([caller.workspaceId]);
    return created({ ...toView(row), secret });
  }

  async function list({ caller, query }: ApiRequest) {
    const { limit, cursor } = parseQuery(pageQuery, query);
    const scope = ['endpoints', caller.workspaceId, caller.userId];
    const [before = null] = cursor === undefined ? [] : decodeCursor(scope, cursor, z.tuple([z.string().refine(isEndpointId)]));
    const rows = await store.list(scopeOf(caller), { before, limit });
    return ok(toPage(rows, { limit, scope, positionOf: ({ id }) => [id], toItem: toView }));
  }

  async function find({ caller, params }: ApiRequest) {
    const row = await store.find(scopeOf(caller), endpointIdIn(params));
    if (row === null) throw new Problem('not_found');
    return ok(toView(row));
  }

  async function remove({ caller, params, requestId }: ApiRequest) {
    if (!(await store.remove({ keyId: caller.keyId, requestId }, scopeOf(caller), endpointIdIn(params)))) throw new Problem('not_found');
    wake([caller.workspaceId]);
    return noContent();
  }

  return [
    { method: 'post', path: PATH, handle: create },
    { method: 'get', path: PATH, handle: list },
    { method: 'get', path: `${PATH}/:id`, handle: find },
    { method: 'delete', path: `${PATH}/:id`, handle: remove },
  ];
}

/** A user key's endpoint gets that user's events, and is seen by that user's keys and the workspace's. */
function scopeOf({ workspaceId, userId }: ApiRequest['caller']): EndpointScope {
  return { workspaceId, userId };
}

function endpointIdIn({ id = '' }: ApiRequest['params']): string {
  if (!isEndpointId(id)) throw new Problem('not_found');
  return id;
}

function toView({ created_at: createdAt, updated_at: updatedAt, ...row }: EndpointRow): EndpointView {
  return { ...row, created_at: toUtc(createdAt), updated_at: toUtc(updatedAt) };
}
