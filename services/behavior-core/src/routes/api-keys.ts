import { createUserKeyBody, toUtc } from '@waggle/contracts';
import { actingFor, created, ok, parseBody, Problem, type ApiRequest, type Route } from '@waggle/http';
import type { ApiKeyRow, ApiKeyStore } from '../adapters/api-key-store.ts';

export function apiKeysRoutes({ store }: { store: ApiKeyStore }): Route[] {
  async function createForUser({ caller, params, body }: ApiRequest) {
    const { label, type, expires_at } = parseBody(createUserKeyBody, body);
    const userId = actingFor(caller, params['id']);
    if (userId === undefined) throw new Problem('not_found');
    if (type === 'system' && caller.userId !== null) throw new Problem('forbidden', { detail: 'A system key is needed to make one' });
    const made = await store.create({ workspaceId: caller.workspaceId, userId: type === 'user' ? userId : null, label, expiresAt: expires_at ?? null });
    if (made === null) throw new Problem('not_found', { detail: `No user ${userId}` });
    return created({ ...toView(made.row), api_key: made.apiKey });
  }

  async function whoAmI({ caller }: ApiRequest) {
    const key = await store.find(caller.workspaceId, caller.keyId);
    if (key === null) throw new Problem('unauthorized');
    return ok({ key_id: key.id, type: typeOf(key), label: key.label, workspace_id: key.workspace_id, user_id: key.user_id });
  }

  return [
    { method: 'post', path: '/v1/users/:id/api-keys', handle: createForUser },
    { method: 'get', path: '/v1/auth/me', handle: whoAmI },
  ];
}

const typeOf = ({ user_id }: ApiKeyRow) => (user_id === null ? 'system' : 'user');

function toView(row: ApiKeyRow) {
  const { id, user_id, label, key_prefix } = row;
  const time = (date: Date | null) => date && toUtc(date);
  return {
    id, type: typeOf(row), label, key_prefix, user_id, created_at: toUtc(row.created_at), expires_at: time(row.expires_at), last_used_at: time(row.last_used_at),
  };
}
