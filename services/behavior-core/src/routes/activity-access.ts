import { userId as userIdSchema, type ActivityView, type Refusal } from '@waggle/contracts';
import { actingFor, invalid, Problem, type ApiRequest, type Caller } from '@waggle/http';
import type { ActivityReader } from '../adapters/activity-reader.ts';
import type { LoadedActivity } from '../domain/activities/loaded-activity.ts';
import { toActivityView } from '../domain/activities/view.ts';

/** Somebody else's is answered as an unknown one. */
export async function findOwn(reader: ActivityReader, { caller, params }: ApiRequest): Promise<LoadedActivity> {
  const id = params['id']!;
  const [found] = await reader.find(caller.workspaceId, [id]);
  if (found === undefined || (caller.userId !== null && caller.userId !== found.activity.userId)) throw unknownActivity(id);
  return found;
}

export const unknownActivity = (id: string) => new Problem('not_found', { detail: `No activity ${id}` });

/** The user whom a request is about: named by the body or the query, else by the header; a user key's owner. */
export function namedUser(caller: Caller, named: string | undefined, header: ApiRequest['header']): string | undefined {
  const userId = actingFor(caller, named ?? header('x-buffy-user-id'));
  if (userId === undefined || userIdSchema.safeParse(userId).success) return userId;
  throw invalid('user_id', 'Must be 1 to 64 letters, digits or _ . : @ -');
}

export const viewAt = (now: () => Date) => (loaded: LoadedActivity): ActivityView => toActivityView(loaded, now().toISOString());

export const toProblem = ({ code, detail }: Pick<Refusal, 'code' | 'detail'>) => new Problem(code, { detail });
