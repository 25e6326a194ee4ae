import { toUtc, type EndpointView } from '@waggle/contracts';
import { actingFor, Problem, type ApiRequest } from '@waggle/http';
import type { EndpointHours } from '../adapters/endpoint-hours.ts';
import type { EndpointSecrets } from '../adapters/endpoint-secrets.ts';
import type { Administrator, EndpointRow, EndpointScope } from '../adapters/endpoint-row.ts';

export const ENDPOINTS_PATH = '/v1/webhooks/endpoints';
const isEndpointId = (id: string) => /^whe_[0-9a-z]{26}$/.test(id);

/** A user's endpoint gets that user's events, and is seen by that user's keys and the workspace's. A system key may name the user. */
export const scopeOf = ({ caller, namedUserId }: Pick<ApiRequest, 'caller' | 'namedUserId'>): EndpointScope =>
  ({ workspaceId: caller.workspaceId, userId: actingFor(caller, namedUserId) ?? null });

/** What cannot be an id is answered as an unknown one. */
export function endpointIdIn({ id = '' }: ApiRequest['params']): string {
  if (!isEndpointId(id)) throw new Problem('not_found');
  return id;
}

interface ViewsDeps {
  secrets: Pick<EndpointSecrets, 'openHeaders'>;
  statsOf: EndpointHours['statsOf'];
}

/** How these rows of one workspace are shown. */
export const createViewsOf = ({ secrets, statsOf }: ViewsDeps) => async (workspaceId: string, rows: readonly EndpointRow[]): Promise<(row: EndpointRow) => EndpointView> => {
  const stats = await statsOf(workspaceId, rows.map(({ id }) => id));
  return (row) => {
    const { created_at: createdAt, updated_at: updatedAt, previous_secret_until: until, paused_until: pausedUntil, sealed_headers: sealedHeaders, ...shown } = row;
    const times = { previous_secret_until: until && toUtc(until), paused_until: pausedUntil && toUtc(pausedUntil), created_at: toUtc(createdAt), updated_at: toUtc(updatedAt) };
    return { ...shown, headers: secrets.openHeaders(sealedHeaders, row.id), stats: stats(row.id), ...times };
  };
};
export type ViewsOf = ReturnType<typeof createViewsOf>;

interface AdministerDeps {
  viewsOf: ViewsOf;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
}

type Change = (by: Administrator, scope: EndpointScope, id: string) => Promise<EndpointRow | null>;

/** What every change of one endpoint has in common: 404 unless it is the caller's, then the endpoint as it is now. */
export const createAdministerEndpoint = ({ viewsOf, wake }: AdministerDeps) => async (request: ApiRequest, change: Change): Promise<EndpointView> => {
  const { caller, params, requestId, concern } = request;
  const id = endpointIdIn(params);
  const row = await change({ keyId: caller.keyId, requestId }, scopeOf(request), id);
  if (row === null) throw new Problem('not_found');
  if (row.user_id !== null) concern(row.user_id);
  wake([caller.workspaceId, id]);
  return (await viewsOf(caller.workspaceId, [row]))(row);
};
export type AdministerEndpoint = ReturnType<typeof createAdministerEndpoint>;
