import { inappKeyIntrospection, keyIntrospection, type InappKeyIntrospection } from '@waggle/contracts';
import got from 'got';
import { Agent } from 'node:http';
import type { z } from 'zod';
import type { Caller, FindKey } from './caller.ts';
import { createRemembering } from './remembering.ts';

export interface CoreDirectorySettings {
  /** Internal addresses of the core's instances. */
  urls: readonly string[];
  token: string;
}

export type ActiveInappKey = Extract<InappKeyIntrospection, { active: true }>;

interface KnownKey {
  caller: Caller;
  expiresAtMs: number;
}

const TIMEOUT_MS = 1_000;

/** Who a key is, asked of the core's internal API. With the core down and nothing remembered: 503. */
export function createCoreDirectory({ urls, token }: CoreDirectorySettings) {
  const agent = { http: new Agent({ keepAlive: true, maxSockets: 32 }) };
  let turn = 0;

  async function ask<Schema extends z.ZodType>(path: string, body: object, schema: Schema): Promise<z.infer<Schema>> {
    const first = turn++;
    let failure: unknown;
    for (let index = 0; index < urls.length; index++) {
      const url = `${urls[(first + index) % urls.length]}${path}`;
      const options = { json: body, headers: { 'x-internal-token': token }, agent, retry: { limit: 0 }, timeout: { request: TIMEOUT_MS } };
      try {
        return schema.parse(await got.post(url, options).json());
      } catch (error) {
        failure = error;
      }
    }
    throw new Error('The core does not answer', { cause: failure });
  }

  const keys = createRemembering<KnownKey>({
    now: () => performance.now(),
    async ask(sha256: string) {
      const answer = await ask('/internal/introspect-key', { sha256 }, keyIntrospection);
      if (!answer.active) return null;
      const caller = { keyId: answer.key_id, workspaceId: answer.workspace_id, userId: answer.user_id, isPortalSession: answer.portal_session ?? false };
      return { caller, expiresAtMs: answer.expires_at ? Date.parse(answer.expires_at) : Infinity };
    },
  });
  const inappKeys = createRemembering<ActiveInappKey>({
    now: () => performance.now(),
    async ask(keyId: string) {
      const answer = await ask('/internal/introspect-inapp-key', { key_id: keyId }, inappKeyIntrospection);
      return answer.active ? answer : null;
    },
  });

  /** What is remembered may be an hour old while the core is away: a key still ends when it does. */
  const findKey: FindKey = async (sha256) => {
    const known = await keys.find(sha256);
    return known !== null && known.expiresAtMs > Date.now() ? known.caller : null;
  };
  /** `eventType`: a verdict of "not mapped" is asked for again, so that a new mapping works at once. */
  const findInappKey = (keyId: string, eventType?: string): Promise<ActiveInappKey | null> =>
    inappKeys.find(keyId, ({ event_types }) => eventType === undefined || event_types.includes(eventType));
  return { findKey, findInappKey };
}
