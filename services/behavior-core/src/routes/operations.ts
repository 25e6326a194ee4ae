import { PROBLEMS, toUtc, type OperationResult, type OperationView } from '@waggle/contracts';
import { ok, Problem, problemBody, type ApiRequest, type createOperationIds, type Route } from '@waggle/http';
import type { OperationStore } from '../adapters/operation-store.ts';

export interface OperationsDeps {
  operationIds: ReturnType<typeof createOperationIds>;
  store: OperationStore;
  publicUrl: string;
}

/** `GET /v1/operations/{id}`: an id that was given out is never unknown, however early one asks. */
export function operationsRoutes({ operationIds, store, publicUrl }: OperationsDeps): Route[] {
  async function show({ caller, params }: ApiRequest) {
    const id = params['id']!;
    const claim = operationIds.read(id, caller);
    if (claim === null) throw new Problem('not_found', { detail: `No operation ${id}` });
    const completed = await store.find(caller.workspaceId, id);
    const base = { id, kind: 'inbound', total: 1, created_at: toUtc(new Date(claim.acceptedAtMs)) } as const;
    if (completed === null) return ok({ ...base, status: 'pending', done: 0, failed: 0, result: null, completed_at: null } satisfies OperationView);
    const result = toResult(completed.result);
    const failed = completed.outcome === 'refused' ? 1 : 0;
    return ok({ ...base, status: 'completed', done: 1, failed, result, completed_at: toUtc(completed.completedAt) } satisfies OperationView);
  }

  /** What the synchronous answer would have been. */
  function toResult(result: OperationResult) {
    if (result.status !== 'refused') return { status_code: 200, body: result };
    return { status_code: PROBLEMS[result.code][0], body: problemBody(publicUrl, result.code, { detail: result.detail }) };
  }

  return [{ method: 'get', path: '/v1/operations/:id', handle: show }];
}
