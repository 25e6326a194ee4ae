import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

interface Call {
  method?: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer<Body> {
  status: number;
  ms: number;
  body: Body;
}

export type DemoApi = ReturnType<typeof createDemoApi>;

/** The public API as a partner uses it, over the gateway; anything but success is an error that says what was asked and answered. */
export function createDemoApi({ gatewayUrl, key, signal }: { gatewayUrl: string; key: string; signal: AbortSignal }) {
  return async function call<Schema extends z.ZodType>(
    answer: Schema,
    { method = 'GET', path, body, headers }: Call,
  ): Promise<Answer<z.infer<Schema>>> {
    const startedAt = performance.now();
    const response = await fetch(gatewayUrl + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
    });
    const text = await response.text();
    const ms = Math.round(performance.now() - startedAt);
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return { status: response.status, ms, body: answer.parse(text === '' ? null : JSON.parse(text)) };
  };
}

/** Asks until there is something, for at most 20 s. */
export async function waitFor<Result>(what: string, ask: () => Promise<Result | undefined>): Promise<Result> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await pause(50)) {
    const result = await ask();
    if (result !== undefined) return result;
  }
  throw new Error(`${what} did not come within 20 s`);
}
