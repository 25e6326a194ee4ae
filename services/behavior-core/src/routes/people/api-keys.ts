import { createSystemKeyBody, createUserKeyBody, pageQuery, toUtc, type ApiKeyView } from '@waggle/contracts';
import { answerPage, created, idPosition, invalid, noContent, parseBody, Problem, requireApiKey, requireSystemKey, type Answer, type ApiRequest, type Route } from '@waggle/http';
import type { ApiKeyRow, ApiKeyStore, KeyOwner, NewKey } from '../../adapters/people/api-key-store.ts';
import type { UserStore } from '../../adapters/people/user-store.ts';
import { typeOf } from './auth.ts';
import { administrator, namedUser, unknownUser } from './named-user.ts';

export interface ApiKeysDeps {
  keys: ApiKeyStore;
  users: Pick<UserStore, 'find'>;
  now(): Date;
}

export function apiKeysRoutes({ keys, users, now }: ApiKeysDeps): Route[] {
  async function create(request: ApiRequest, key: NewKey): Promise<Answer> {
    requireApiKey(request.caller);
    if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now().getTime()) throw invalid('expires_at', 'Must be in the future');
    const made = await keys.create(administrator(request), key);
    if (made === null) throw unknownUser();
    return created({ ...toView(made.row), api_key: made.apiKey });
  }

  async function createForUser(request: ApiRequest) {
    const owner = namedUser(request);
    const { label, type, expires_at: expiresAt = null } = parseBody(createUserKeyBody, request.body);
    if (type === 'user') return create(request, { userId: owner.userId, label, expiresAt });
    requireSystemKey(request.caller);
    if ((await users.find(owner)) === null) throw unknownUser();
    return create(request, { userId: null, label, expiresAt });
  }

  async function createForWorkspace(request: ApiRequest) {
    requireSystemKey(request.caller);
    const { label, expires_at: expiresAt = null } = parseBody(createSystemKeyBody, request.body);
    return create(request, { userId: null, label, expiresAt });
  }

  function list(request: ApiRequest, owner: KeyOwner): Promise<Answer> {
    return answerPage(request, {
      query: pageQuery,
      scope: owner.userId === null ? ['api-keys'] : ['api-keys', owner.userId],
      position: idPosition,
      load: ({ after, limit }) => keys.list(owner, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  async function listForUser(request: ApiRequest) {
    const owner = namedUser(request);
    if ((await users.find(owner)) === null) throw unknownUser();
    return list(request, owner);
  }

  async function listForWorkspace(request: ApiRequest) {
    requireSystemKey(request.caller);
    return list(request, { workspaceId: request.caller.workspaceId, userId: null });
  }

  /** Takes effect at once here, within five seconds everywhere. */
  async function revoke(request: ApiRequest) {
    const id = request.params['id']!;
    const revocation = isKeyId(id) ? await keys.revoke(administrator(request), request.caller.userId, id) : 'unknown';
    if (revocation === 'unknown') throw new Problem('not_found', { detail: 'No such key' });
    if (revocation === 'already_revoked') throw new Problem('already_revoked', { detail: `The key ${id} is revoked` });
    return noContent();
  }

  return [
    { method: 'post', path: '/v1/users/:id/api-keys', handle: createForUser },
    { method: 'get', path: '/v1/users/:id/api-keys', handle: listForUser },
    { method: 'post', path: '/v1/api-keys', handle: createForWorkspace },
    { method: 'get', path: '/v1/api-keys', handle: listForWorkspace },
    { method: 'delete', path: '/v1/api-keys/:id', handle: revoke },
  ];
}

const isKeyId = (id: string) => /^key_[0-9a-z]{26}$/.test(id);

function toView(row: ApiKeyRow): ApiKeyView {
  const { id, user_id, label, key_prefix } = row;
  const time = (date: Date | null) => date && toUtc(date);
  return {
    id, type: typeOf(row), label, key_prefix, user_id, created_at: toUtc(row.created_at), expires_at: time(row.expires_at), last_used_at: time(row.last_used_at),
  };
}
