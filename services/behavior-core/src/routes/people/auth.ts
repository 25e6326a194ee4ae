import { toUtc, type AuthMe, type KeyType } from '@waggle/contracts';
import { ok, Problem, type ApiRequest, type Route } from '@waggle/http';
import type { ApiKeyRow, ApiKeyStore } from '../../adapters/people/api-key-store.ts';

export function authRoutes({ keys }: { keys: Pick<ApiKeyStore, 'find'> }): Route[] {
  async function whoAmI({ caller }: ApiRequest) {
    const key = await keys.find(caller.workspaceId, caller.keyId);
    if (key === null) throw new Problem('unauthorized');
    const { id, label, workspace_id, user_id, key_prefix, expires_at } = key;
    const me: AuthMe = { key_id: id, type: typeOf(key), label, workspace_id, user_id, key_prefix, expires_at: expires_at && toUtc(expires_at) };
    return ok(me);
  }
  return [{ method: 'get', path: '/v1/auth/me', handle: whoAmI }];
}

export const typeOf = ({ user_id }: Pick<ApiKeyRow, 'user_id'>): KeyType => (user_id === null ? 'system' : 'user');
