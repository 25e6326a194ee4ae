import { keyOfUser, pageQuery, settingsBody, toUtc, userId as userIdSchema, type SettingsView, type UserView } from '@waggle/contracts';
import { answerPage, idPosition, invalid, ok, parseBody, parseQuery, requireSystemKey, type Answer, type ApiRequest, type createOperationIds, type Route } from '@waggle/http';
import { z } from 'zod';
import type { ErasureStore } from '../../adapters/people/erasure-store.ts';
import type { UserRow, UserStore } from '../../adapters/people/user-store.ts';
import { mergeSettings, shownSettings } from '../../domain/people/settings.ts';
import { administrator, namedUser, unknownUser } from './named-user.ts';

export interface UsersDeps {
  users: UserStore;
  erasures: Pick<ErasureStore, 'erase'>;
  /** What is kept of erased users for repetitions. Never throws: what could not be forgotten now is forgotten later. */
  forgetAnswers(): Promise<void>;
  operationIds: ReturnType<typeof createOperationIds>;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
  now(): Date;
}

const noQuery = z.strictObject({});

export function usersRoutes({ users, erasures, forgetAnswers, operationIds, wake, now }: UsersDeps): Route[] {
  async function find(request: ApiRequest): Promise<UserRow> {
    parseQuery(noQuery, request.query);
    const user = await users.find(namedUser(request));
    if (user === null) throw unknownUser();
    return user;
  }

  async function list(request: ApiRequest) {
    requireSystemKey(request.caller);
    return answerPage(request, {
      query: pageQuery,
      scope: ['users'],
      position: idPosition,
      load: ({ after, limit }) => users.list(request.caller.workspaceId, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  async function changeSettings(request: ApiRequest) {
    const { caller, params, body } = request;
    // Only here does the path bring a user along, so only here is a bad id a fault of the request.
    if (caller.userId === null && !userIdSchema.safeParse(params['id']).success) throw invalid('id', 'Must be 1 to 64 letters, digits or _ . : @ -');
    const given = parseBody(settingsBody, body);
    const changed = await users.changeSettings(namedUser(request), (before) => mergeSettings(before, given), caller.userId === null);
    if (changed === null) throw unknownUser();
    return ok(toSettings(changed));
  }

  /** With the answer the core's part is done, unless Redis is away; the operation is complete when every service has reported. */
  async function erase(request: ApiRequest): Promise<Answer> {
    const user = namedUser(request);
    const operationId = await erasures.erase(administrator(request), user, operationIds.make(request.caller, 'core', now().getTime(), 'erase'));
    if (operationId === null) throw unknownUser();
    await forgetAnswers();
    wake([keyOfUser({ workspace_id: user.workspaceId, user_id: user.userId })]);
    return { status: 202, body: { status: 'accepted', operation_id: operationId }, headers: { location: `/v1/operations/${operationId}` } };
  }

  return [
    { method: 'get', path: '/v1/users', handle: list },
    { method: 'get', path: '/v1/users/:id', handle: async (request) => ok(toView(await find(request))) },
    { method: 'delete', path: '/v1/users/:id', handle: erase },
    { method: 'get', path: '/v1/users/:id/settings', handle: async (request) => ok(toSettings(await find(request))) },
    { method: 'put', path: '/v1/users/:id/settings', handle: changeSettings },
  ];
}

function toView(row: UserRow): UserView {
  return { id: row.id, ...shownSettings(row), created_at: toUtc(row.created_at), updated_at: toUtc(row.updated_at) };
}

function toSettings(row: UserRow): SettingsView {
  return { user_id: row.id, ...shownSettings(row), updated_at: toUtc(row.updated_at) };
}
