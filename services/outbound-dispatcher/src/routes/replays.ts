import { keptOperation, replayBody } from '@waggle/contracts';
import { ok, parseBody, Problem, type ApiRequest, type createOperationIds, type Route } from '@waggle/http';
import { Router } from 'express';
import { z } from 'zod';
import type { ReplayStore } from '../adapters/replay-store.ts';
import { endpointIdIn, ENDPOINTS_PATH, scopeOf } from './administer-endpoint.ts';

interface ReplayDeps {
  store: ReplayStore;
  operationIds: ReturnType<typeof createOperationIds>;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
  /** There is a replay to begin, as soon as it is committed. */
  wakeReplayer(): void;
}

export function replayRoute({ store, operationIds, wake, wakeReplayer }: ReplayDeps): Route {
  async function handle(request: ApiRequest) {
    const { caller, params, body, requestId } = request;
    const { since, until, statuses, dry_run: isDryRun } = parseBody(replayBody, body);
    const endpointId = endpointIdIn(params);
    const endpoint = await store.findEndpoint(scopeOf(request), endpointId);
    if (endpoint === null) throw new Problem('not_found');
    const range = { endpointId, statuses, since, until: until ?? null };
    const count = await store.count(range);
    if (isDryRun) return ok({ count });
    // It would be skipped once more.
    if (endpoint.status === 'disabled') throw new Problem('invalid_transition', { detail: 'The endpoint is disabled: enable it first' });
    const id = operationIds.make(caller, 'dispatcher', Date.now());
    await store.insert({ keyId: caller.keyId, requestId }, { id, workspaceId: caller.workspaceId, count, ...range }, endpoint.userId);
    wake([caller.workspaceId]);
    wakeReplayer();
    return { status: 202, headers: { location: `/v1/operations/${id}` }, body: { operation_id: id, count } };
  }

  return { method: 'post', path: `${ENDPOINTS_PATH}/:id/replay`, handle };
}

const question = z.object({ workspace_id: z.string(), operation_id: z.string() });

/** `POST /internal/find-operation`: for the core, which answers for every operation and has checked whose this is. */
export function findOperationRoute({ find }: Pick<ReplayStore, 'find'>): Router {
  return Router().post('/internal/find-operation', async (request, response) => {
    const { workspace_id: workspaceId, operation_id: id } = parseBody(question, request.body);
    response.json(keptOperation.parse({ operation: await find({ workspaceId, id }) }));
  });
}
