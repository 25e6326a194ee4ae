import type { Page } from '@waggle/contracts';
import { toHex } from './hmac.ts';
import { problemFrom, unreachable } from './problem.ts';
import { toSearch, type Query } from './query.ts';
import { currentBearer, endSession } from './session.ts';

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  query?: Query;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** The public API and nothing else: whatever the portal does, a partner can do. */
export async function call<Answer>(path: string, options: Call = {}): Promise<Answer> {
  const response = await request(path, options);
  const text = await response.text();
  return JSON.parse(text === '' ? 'null' : text);
}

/** An answer that is read piece by piece. */
export async function request(path: string, { method = 'GET', body, query = {}, headers = {}, signal }: Call = {}): Promise<Response> {
  const init: RequestInit = {
    method, credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store', ...(signal && { signal }),
    headers: { ...authorization(), ...(body !== undefined && { 'content-type': 'application/json' }), ...(method === 'POST' && { 'idempotency-key': newKey() }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  const response = await fetch(path + toSearch(query), init).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw unreachable();
  });
  if (response.ok) return response;
  const problem = await problemFrom(response);
  if (problem.status === 401 && !path.startsWith('/user/')) endSession('Your session has ended, or the key was revoked. Sign in again.');
  throw problem;
}

export const list = <Item>(path: string, query: Query, signal?: AbortSignal): Promise<Page<Item>> => call<Page<Item>>(path, { query, ...(signal && { signal }) });

// Not crypto.randomUUID: who tries it out over plain http in their own network has none.
const newKey = () => toHex(crypto.getRandomValues(new Uint8Array(16)));

function authorization(): Record<string, string> {
  const bearer = currentBearer();
  return bearer === null ? {} : { authorization: `Bearer ${bearer}` };
}
