import { hash } from 'node:crypto';
import type { Caller } from './caller.ts';
import { invalid, Problem } from './problem.ts';

/** A request that came with an Idempotency-Key. `id`: a digest of the key and its scope; `digest`: of what is asked exactly. */
export interface RequestIdentity {
  workspaceId: string;
  /** Whom the answer is about, so that it is forgotten with them: whom the request names, and whom its handler finds. */
  users: Set<string>;
  id: string;
  digest: string;
}

/** An answer as bytes-to-be, so that it can be given again word for word. */
export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | null;
}

export type Execution = { kind: 'executed' | 'replayed'; answer: StoredAnswer } | { kind: 'reused' } | { kind: 'in_progress' };

/**
 * The port: runs `work` unless its answer is known, and keeps its answer for 24 hours. A rejection of `work` passes through and nothing is
 * kept. Who has a database keeps the answer in the transaction of the effect.
 */
export type RunOnce = (request: RequestIdentity, work: () => Promise<StoredAnswer>) => Promise<Execution>;

export interface IdentifiedRequest {
  caller: Caller;
  key: string;
  method: string;
  /** As it came, without the query. */
  path: string;
  query: Readonly<Record<string, unknown>>;
  body: unknown;
  /** X-Buffy-User-ID says whom a request without a `user_id` is about. */
  namedUserId: string | undefined;
}

export const REPLAYED: Readonly<Record<string, string>> = { 'idempotent-replayed': 'true' };

/** The contract's scope: workspace, API key, the body's top-level `user_id` if any, method and path. */
export function identifyRequest({ caller, key, method, path, query, body, namedUserId }: IdentifiedRequest): RequestIdentity {
  if (key.length < 1 || key.length > 255) throw invalid('Idempotency-Key', 'Must have 1 to 255 characters');
  const user = userIn(body);
  const scope = [caller.workspaceId, caller.keyId, user, method.toUpperCase(), path.replace(/\/+$/, ''), key];
  const digest = digestOf([query, namedUserId ?? null, body ?? null]);
  const about = user ?? namedUserId ?? caller.userId;
  return { workspaceId: caller.workspaceId, users: new Set(about === null ? [] : [about]), id: digestOf(scope), digest };
}

/** Known answers come back marked; what may not be answered again is thrown as its problem. */
export async function answerOnce(runOnce: RunOnce, request: RequestIdentity, work: () => Promise<StoredAnswer>): Promise<StoredAnswer> {
  const execution = await runOnce(request, work);
  if (execution.kind === 'reused') throw keyReused();
  if (execution.kind === 'in_progress') throw inProgress();
  const { kind, answer } = execution;
  return kind === 'replayed' ? { ...answer, headers: { ...answer.headers, ...REPLAYED } } : answer;
}

export const keyReused = () => new Problem('idempotency_key_reused', { detail: 'This Idempotency-Key was used with another body' });
export const inProgress = () => new Problem('idempotency_in_progress', { detail: 'The first request with this Idempotency-Key has not been answered yet', headers: { 'retry-after': '1' } });

/** Who is not known, who asks too often and what is our own fault are answered anew. */
export const mayBeStored = (status: number): boolean => status < 500 && status !== 401 && status !== 429;

function userIn(body: unknown): string | null {
  const { user_id: userId } = (body ?? {}) as { user_id?: unknown };
  return typeof userId === 'string' ? userId : null;
}

const digestOf = (value: unknown) => hash('sha256', JSON.stringify(value), 'base64url');
