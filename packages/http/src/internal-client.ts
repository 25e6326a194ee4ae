import { Unavailable } from '@waggle/runtime';
import got from 'got';
import { Agent } from 'node:http';
import type { z } from 'zod';

export interface InternalClientSettings {
  /** Internal addresses of the other service's instances. */
  urls: readonly string[];
  token: string;
  /** So long each instance may take. */
  timeoutMs: number;
}

/** No instance of the other service has answered. */
class NobodyAnswers extends Unavailable {}

/** Asks another service on its internal port: one instance after the other, beginning with the next in turn. `Unavailable` when none answers. */
export function createInternalClient({ urls, token, timeoutMs }: InternalClientSettings) {
  const agent = { http: new Agent({ keepAlive: true, maxSockets: 32 }) };
  let turn = 0;

  return async function ask<Schema extends z.ZodType>(path: string, body: object, schema: Schema): Promise<z.infer<Schema>> {
    const first = turn++;
    let failure: unknown;
    for (let index = 0; index < urls.length; index++) {
      const url = `${urls[(first + index) % urls.length]}${path}`;
      const options = { json: body, headers: { 'x-internal-token': token }, agent, retry: { limit: 0 }, timeout: { request: timeoutMs } };
      try {
        return schema.parse(await got.post(url, options).json());
      } catch (error) {
        failure = error;
      }
    }
    throw new NobodyAnswers(`Nobody answers ${path}`, { cause: failure });
  };
}
export type AskInternal = ReturnType<typeof createInternalClient>;
