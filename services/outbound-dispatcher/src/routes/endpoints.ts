import { createEndpointBody, newId, pageQuery, updateEndpointBody, type UpdateEndpointBody } from '@waggle/contracts';
import { answerPage, created, idPosition, noContent, ok, parseBody, Problem, type ApiRequest, type Route } from '@waggle/http';
import { newSecret, type EndpointSecrets } from '../adapters/endpoint-secrets.ts';
import type { EndpointStore } from '../adapters/endpoint-store.ts';
import type { JudgedUrl } from '../domain/endpoint-url.ts';
import { endpointIdIn, ENDPOINTS_PATH as PATH, scopeOf, type AdministerEndpoint, type ViewsOf } from './administer-endpoint.ts';

interface EndpointRoutesDeps {
  store: EndpointStore;
  judgeUrl(text: string): JudgedUrl;
  mayReach(hostname: string): Promise<boolean>;
  secrets: EndpointSecrets;
  viewsOf: ViewsOf;
  administer: AdministerEndpoint;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
}

export function endpointRoutes({ store, judgeUrl, mayReach, secrets, viewsOf, administer, wake }: EndpointRoutesDeps): Route[] {
  async function checkUrl(text: string): Promise<string> {
    const judged = judgeUrl(text);
    if ('refusal' in judged) throw new Problem('url_not_allowed', { detail: judged.refusal });
    if (judged.hostname !== null && !(await mayReach(judged.hostname))) {
      throw new Problem('url_not_allowed', { detail: `${judged.hostname} has no public address` });
    }
    return judged.url;
  }

  async function create(request: ApiRequest) {
    const { caller, body, requestId } = request;
    const { url: text, event_types: eventTypes, description = null, headers, ordering, max_in_flight: maxInFlight, secret = newSecret() } = parseBody(createEndpointBody, body);
    const url = await checkUrl(text);
    const id = newId('whe');
    const sealed = { sealedSecret: secrets.sealSecret(secret, id), sealedHeaders: secrets.sealHeaders(headers, id) };
    const row = await store.insert({ keyId: caller.keyId, requestId }, { ...scopeOf(request), id, url, eventTypes, description, ordering, maxInFlight, ...sealed });
    if (row === 'limit_reached') throw new Problem('plan_limit_reached', { detail: 'There are as many endpoints as one owner may have' });
    wake([caller.workspaceId]);
    return created({ ...(await viewsOf(caller.workspaceId, [row]))(row), secret });
  }

  const list = (request: ApiRequest) =>
    answerPage(request, {
      query: pageQuery,
      scope: ['endpoints', scopeOf(request).userId ?? ''],
      position: idPosition,
      async load({ after, limit }) {
        const rows = await store.list(scopeOf(request), { before: after?.[0] ?? null, limit });
        const view = await viewsOf(request.caller.workspaceId, rows);
        return rows.map(view);
      },
      positionOf: ({ id }) => [id],
      toItem: (view) => view,
    });

  async function find(request: ApiRequest) {
    const row = await store.find(scopeOf(request), endpointIdIn(request.params));
    if (row === null) throw new Problem('not_found');
    return ok((await viewsOf(request.caller.workspaceId, [row]))(row));
  }

  async function update(request: ApiRequest) {
    const given = parseBody(updateEndpointBody, request.body);
    const url = given.url === undefined ? undefined : await checkUrl(given.url);
    return ok(await administer(request, (by, scope, id) => store.change(by, scope, id, { ...toChanges(given, id), url })));
  }

  const toChanges = ({ event_types: eventTypes, description, headers, ordering, max_in_flight: maxInFlight }: UpdateEndpointBody, id: string) => ({
    eventTypes, description, ordering, maxInFlight, sealedHeaders: headers === undefined ? undefined : secrets.sealHeaders(headers, id),
  });

  async function remove(request: ApiRequest) {
    const { caller, params, requestId } = request;
    if (!(await store.remove({ keyId: caller.keyId, requestId }, scopeOf(request), endpointIdIn(params)))) throw new Problem('not_found');
    wake([caller.workspaceId]);
    return noContent();
  }

  return [
    { method: 'post', path: PATH, handle: create },
    { method: 'get', path: PATH, handle: list },
    { method: 'get', path: `${PATH}/:id`, handle: find },
    { method: 'patch', path: `${PATH}/:id`, handle: update },
    { method: 'delete', path: `${PATH}/:id`, handle: remove },
  ];
}
