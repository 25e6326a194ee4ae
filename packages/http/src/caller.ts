import { userId as userIdSchema } from '@waggle/contracts';
import { invalid, Problem } from './problem.ts';
import { hashApiKey, isWellFormedApiKey } from './api-key.ts';

/** Who is calling. `userId` is null for a system key, which acts for its whole workspace. */
export interface Caller {
  keyId: string;
  workspaceId: string;
  userId: string | null;
  /** A token of the portal: of its key's scope, for an hour, and good for no further keys. */
  isPortalSession?: boolean;
}

/** The port: keys are known by the SHA-256 (hex) of their text only. */
export type FindKey = (sha256: string) => Promise<Caller | null>;

/** `Authorization: Bearer <api key>`, else 401. */
export async function authenticate(findKey: FindKey, authorization: string | undefined): Promise<Caller> {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  const caller = token !== undefined && isWellFormedApiKey(token) ? await findKey(hashApiKey(token)) : null;
  if (caller === null) throw new Problem('unauthorized', { headers: { 'www-authenticate': 'Bearer' } });
  return caller;
}

/** The user whom a request is about: a user key's owner; with a system key whomever it names. Naming somebody else with a user key: 403. */
export function actingFor(caller: Caller, named: string | undefined): string | undefined {
  if (caller.userId === null) return named;
  if (named !== undefined && named !== caller.userId) throw new Problem('forbidden', { detail: "A user key acts for its owner only" });
  return caller.userId;
}

/** `X-Buffy-User-ID`: the user for whom a system key acts where nothing else says it. 400 for a value that no id has, 403 for somebody else with a user key. */
export function userNamedIn(caller: Caller, header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!userIdSchema.safeParse(header).success) throw invalid('X-Buffy-User-ID', 'Must be 1 to 64 letters, digits or _ . : @ -');
  return actingFor(caller, header);
}

/** Filters of a list, by the user whom the header names where they name none. */
export function ofNamedUser<Filters extends { user_id?: string | undefined }>(filters: Filters, namedUserId: string | undefined): Filters {
  return namedUserId === undefined || filters.user_id !== undefined ? filters : { ...filters, user_id: namedUserId };
}

/** What outlives an hour in a browser's tab is made with a key: 403 for a portal session. */
export function requireApiKey(caller: Caller): void {
  if (caller.isPortalSession === true) throw new Problem('forbidden', { detail: 'A portal session makes no keys and no sessions' });
}

/** Administration of the workspace: 403 for a user key. */
export function requireSystemKey(caller: Caller): void {
  if (caller.userId !== null) throw new Problem('forbidden', { detail: 'A system key is needed' });
}
