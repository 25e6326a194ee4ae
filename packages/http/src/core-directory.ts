import { inappKeyIntrospection, keyIntrospection, type InappKeyIntrospection } from '@waggle/contracts';
import type { Caller, FindKey } from './caller.ts';
import { createInternalClient, type InternalClientSettings } from './internal-client.ts';
import { createRemembering } from './remembering.ts';

export type ActiveInappKey = Extract<InappKeyIntrospection, { active: true }>;

interface KnownKey {
  caller: Caller;
  expiresAtMs: number;
}

/** Who a key is, asked of the core's internal API. With the core down and nothing remembered: 503. */
export function createCoreDirectory(core: InternalClientSettings) {
  const ask = createInternalClient(core);
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
