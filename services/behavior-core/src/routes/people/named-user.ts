import { userId as userIdSchema } from '@waggle/contracts';
import { actingFor, Problem, type ApiRequest } from '@waggle/http';
import type { Administrator } from '../../adapters/people/audit-log.ts';
import type { UserRef } from '../../adapters/people/user-store.ts';

/** The user whom the path names: for a user key its owner alone (403), and never an id that nobody can have (404). */
export function namedUser({ caller, params, concern }: ApiRequest): UserRef {
  const named = userIdSchema.safeParse(actingFor(caller, params['id']));
  if (!named.success) throw unknownUser();
  concern(named.data);
  return { workspaceId: caller.workspaceId, userId: named.data };
}

export const unknownUser = () => new Problem('not_found', { detail: 'No such user' });

/** For the audit log: by whom and by which request. */
export const administrator = ({ caller, requestId }: ApiRequest): Administrator => ({ workspaceId: caller.workspaceId, keyId: caller.keyId, requestId });
