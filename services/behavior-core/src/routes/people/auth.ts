import { toUtc, type AuthMe, type KeyType } from '@waggle/contracts';
import { ok, Problem, type ApiRequest, type Route } from '@waggle/http';
import type { ApiKeyRow, ApiKeyStore } from '../../adapters/people/api-key-store.ts';
import type { PortalSessionStore } from '../../adapters/people/portal-session-store.ts';

interface AuthDeps {
  keys: Pick<ApiKeyStore, 'find'>;
  sessions: Pick<PortalSessionStore, 'find'>;
}

export function authRoutes({ keys, sessions }: AuthDeps): Route[] {
  async function whoAmI({ caller: { workspaceId, keyId, isPortalSession = false } }: ApiRequest) {
    const found = isPortalSession ? toKey(await sessions.find(workspaceId, keyId)) : await keys.find(workspaceId, keyId);
    if (found === null) throw new Problem('unauthorized');
    const { id, label, workspace_id, user_id, key_prefix, expires_at } = found;
    const me: AuthMe = {
      key_id: id, type: typeOf(found), label, workspace_id, user_id, key_prefix, expires_at: expires_at && toUtc(expires_at), portal_session: isPortalSession,
    };
    return ok(me);
  }
  return [{ method: 'get', path: '/v1/auth/me', handle: whoAmI }];
}

const toKey = (session: Awaited<ReturnType<PortalSessionStore['find']>>) =>
  session && { ...session, label: 'Portal session', key_prefix: session.token_prefix ?? '' };

export const typeOf = ({ user_id }: Pick<ApiKeyRow, 'user_id'>): KeyType => (user_id === null ? 'system' : 'user');
