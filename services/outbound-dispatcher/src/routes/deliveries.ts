import { deliveryListQuery, emptyBody, type DeliveryFilters } from '@waggle/contracts';
import { actingFor, answerPage, invalid, ofNamedUser, ok, parseBody, Problem, timePosition, type ApiRequest, type Route } from '@waggle/http';
import type { DeliveryFilter, DeliveryLog } from '../adapters/delivery-log.ts';
import { toDeliveryView } from './delivery-view.ts';

const PATH = '/v1/webhooks/deliveries';
const isDeliveryId = (id: string) => /^dlv_[0-9a-z]{26}$/.test(id);

interface DeliveryRoutesDeps {
  log: DeliveryLog;
  /** Something is due at once, as soon as it is committed. */
  wakeEngine(): void;
}

export function deliveryRoutes({ log, wakeEngine }: DeliveryRoutesDeps): Route[] {
  const list = (request: ApiRequest) =>
    answerPage(request, {
      query: deliveryListQuery,
      scope: ['deliveries', request.caller.userId ?? request.namedUserId ?? ''],
      position: timePosition,
      load: ({ filters, after, limit }) => log.list(request.caller, toFilter(filters, actingFor(request.caller, ofNamedUser(filters, request.namedUserId).user_id)), { after, limit }),
      positionOf: (row) => [row.created_at.toISOString(), row.id],
      toItem: toDeliveryView,
    });

  async function find({ caller, params: { id = '' } }: ApiRequest) {
    const row = isDeliveryId(id) ? await log.find(caller, id) : null;
    if (row === null) throw new Problem('not_found');
    return ok(toDeliveryView(row));
  }

  async function retry({ caller, params: { id = '' }, body, concern }: ApiRequest) {
    parseBody(emptyBody, body);
    const found = isDeliveryId(id) ? await log.find(caller, id) : null;
    if (found === null) throw new Problem('not_found');
    concern(found.user_id);
    const row = await log.retry(caller, id);
    if (row === null) throw new Problem('invalid_transition', { detail: 'The delivery is not finished, or its endpoint is deleted' });
    wakeEngine();
    return { status: 202, body: toDeliveryView(row) };
  }

  return [
    { method: 'get', path: PATH, handle: list },
    { method: 'get', path: `${PATH}/:id`, handle: find },
    { method: 'post', path: `${PATH}/:id/retry`, handle: retry },
  ];
}

function toFilter(given: DeliveryFilters, userId: string | undefined): DeliveryFilter {
  if (given.endpoint_id !== undefined && !/^whe_[0-9a-z]{26}$/.test(given.endpoint_id)) throw invalid('endpoint_id', 'Must be the id of an endpoint');
  return {
    endpointId: given.endpoint_id ?? null,
    status: given.status ?? null,
    eventPattern: toLikePattern(given.event_type),
    userId: userId ?? null,
    since: given.since ?? null,
    until: given.until ?? null,
  };
}

/** `*` is no filter at all. */
function toLikePattern(eventType: string | undefined): string | null {
  if (eventType === undefined || eventType === '*') return null;
  const literal = eventType.replace(/\*$/, '').replaceAll('_', String.raw`\_`);
  return eventType.endsWith('*') ? `${literal}%` : literal;
}
