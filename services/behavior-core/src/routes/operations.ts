import { pageQuery, PROBLEMS, toUtc, type BulkAnswer, type KeptOperation, type OperationResult, type OperationView } from '@waggle/contracts';
import { decodeCursor, ok, parseQuery, positionNumber, Problem, problemBody, toPage, type ApiRequest, type createOperationIds, type OperationClaim, type Route } from '@waggle/http';
import { z } from 'zod';
import type { BulkOperation, BulkReader } from '../adapters/bulk/bulk-reader.ts';
import type { OperationStore } from '../adapters/operation-store.ts';
import type { ErasureStore } from '../adapters/people/erasure-store.ts';
import { DAY_MS } from '../domain/local-date.ts';

export interface OperationsDeps {
  operationIds: ReturnType<typeof createOperationIds>;
  store: OperationStore;
  bulk: BulkReader;
  erasures: Pick<ErasureStore, 'find'>;
  /** Of an operation that the dispatcher keeps: null when it knows none. `Unavailable` when it does not answer. */
  findReplay(workspaceId: string, id: string): Promise<KeptOperation>;
  publicUrl: string;
  /** An operation can be asked for so long after it was accepted. */
  keptDays: number;
  now(): Date;
}

const resultsQuery = pageQuery.extend({ status: z.enum(['processed', 'unchanged', 'duplicate', 'failed']).optional() });
const position = z.tuple([positionNumber]);

/** `GET /v1/operations/{id}`: an id that was given out is never unknown, however early one asks. Long after it is: who polls comes to an end. */
export function operationsRoutes({ operationIds, store, bulk, erasures, findReplay, publicUrl, keptDays, now }: OperationsDeps): Route[] {
  const isKept = ({ acceptedAtMs }: OperationClaim) => now().getTime() - acceptedAtMs <= keptDays * DAY_MS;

  async function show({ caller, params }: ApiRequest) {
    const id = params['id']!;
    const claim = operationIds.read(id, caller);
    if (claim === null) throw unknownOperation(id);
    const state = await stateOf(claim.kind, caller.workspaceId, id);
    if (state === null && !isKept(claim)) throw forgottenOperation(id, keptDays);
    return ok({ id, kind: claim.kind, created_at: toUtc(new Date(claim.acceptedAtMs)), ...(state ?? pendingOf(claim.kind)) } satisfies OperationView);
  }

  /** Null: it has no row, yet or any more. */
  function stateOf(kind: OperationView['kind'], workspaceId: string, id: string) {
    if (kind === 'bulk') return stateOfBulk(workspaceId, id);
    if (kind === 'replay') return stateOfReplay(workspaceId, id);
    return kind === 'erase' ? stateOfErasure(workspaceId, id) : stateOfSingle(workspaceId, id);
  }

  /** Counts services. Made with the answer: one that is not there was given to a request that found nobody to erase. */
  async function stateOfErasure(workspaceId: string, id: string) {
    const erasure = await erasures.find(workspaceId, id);
    if (erasure === null) throw unknownOperation(id);
    const { done, total, completedAt } = erasure;
    return { status: completedAt === null ? 'running' : 'completed', total, done, failed: 0, result: null, completed_at: completedAt && toUtc(completedAt) } as const;
  }

  /** Counts deliveries. Committed with its answer: one that is not there was forgotten with its time. */
  async function stateOfReplay(workspaceId: string, id: string) {
    const operation = await findReplay(workspaceId, id);
    if (operation === null) throw unknownOperation(id);
    return operation;
  }

  async function stateOfSingle(workspaceId: string, id: string) {
    const completed = await store.find(workspaceId, id);
    if (completed === null) return null;
    const { outcome, completedAt } = completed;
    const isFailed = outcome === 'refused' || completed.result?.status === 'refused';
    const result = completed.result && toResult(completed.result, publicUrl);
    return { status: 'completed', total: 1, done: 1, failed: isFailed ? 1 : 0, result, completed_at: toUtc(completedAt) } as const;
  }

  async function stateOfBulk(workspaceId: string, operationId: string) {
    const operation = await bulk.find(workspaceId, operationId);
    if (operation === null) return null;
    const isAnswered = operation.isSynchronous && operation.completedAt !== null;
    const [answer = null] = isAnswered ? await bulk.answersOf([{ workspaceId, operationId }]) : [];
    return { ...toProgress(operation), result: answer && toBulkResult(answer) };
  }

  /** What became of each item so far; the list is whole when the operation is completed. */
  async function listResults({ caller, params, query }: ApiRequest) {
    const operationId = params['id']!;
    const claim = operationIds.read(operationId, caller);
    if (claim?.kind !== 'bulk') throw unknownOperation(operationId);
    // Some of them may be gone already, and a list that is short would look whole.
    if (!isKept(claim)) throw forgottenOperation(operationId, keptDays);
    const { limit, cursor, status = null } = parseQuery(resultsQuery, query);
    const scope = ['operation results', caller.workspaceId, operationId, status];
    const [after = -1] = cursor === undefined ? [] : decodeCursor(scope, cursor, position);
    const rows = await bulk.listResults({ workspaceId: caller.workspaceId, operationId }, { after, status, limit });
    return ok(toPage(rows, { limit, scope, positionOf: ({ index }) => [index], toItem: (row) => row }));
  }

  return [
    { method: 'get', path: '/v1/operations/:id', handle: show },
    { method: 'get', path: '/v1/operations/:id/results', handle: listResults },
  ];
}

const unknownOperation = (id: string) => new Problem('not_found', { detail: `No operation ${id}` });
const forgottenOperation = (id: string, keptDays: number) =>
  new Problem('not_found', { detail: `Operation ${id} is kept no longer: an operation can be asked for during ${keptDays} days` });

const pendingOf = (kind: OperationView['kind']) => ({ status: 'pending', total: kind === 'bulk' ? 0 : 1, done: 0, failed: 0, result: null, completed_at: null }) as const;

/** What the synchronous answer would have been. */
function toResult(result: OperationResult, publicUrl: string) {
  if (result.status !== 'refused') return { status_code: 200, body: result };
  const { code, detail, errors } = result;
  return { status_code: PROBLEMS[code][0], body: problemBody(publicUrl, code, { detail, ...(errors && { errors }) }) };
}

/** While lines are still coming, as many as are known. */
function toProgress({ total, done, failed, completedAt }: BulkOperation) {
  return { status: completedAt === null ? 'running' : 'completed', total: Math.max(total ?? 0, done), done, failed, completed_at: completedAt && toUtc(completedAt) } as const;
}

const toBulkResult = (body: BulkAnswer) => ({ status_code: 200, body });
