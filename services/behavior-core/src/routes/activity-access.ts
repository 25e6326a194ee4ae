import type { ActivityView, Refusal } from '@waggle/contracts';
import { actingFor, Problem, type ApiRequest } from '@waggle/http';
import type { ActivityReader } from '../adapters/activity-reader.ts';
import type { LoadedActivity } from '../domain/activities/loaded-activity.ts';
import { toActivityView } from '../domain/activities/view.ts';

/** Of the user whom a request acts for, where it says so. Somebody else's is answered as an unknown one. */
export async function findOwn(reader: ActivityReader, request: ApiRequest): Promise<LoadedActivity> {
  const id = request.params['id']!;
  const [found] = await reader.find(request.caller.workspaceId, [id]);
  const owner = namedUser(request, undefined);
  if (found === undefined || (owner !== undefined && owner !== found.activity.userId)) throw unknownActivity(id);
  request.concern(found.activity.userId);
  return found;
}

export const unknownActivity = (id: string) => new Problem('not_found', { detail: `No activity ${id}` });

/** The user whom a request is about: named by the body or the query, else by the header; a user key's owner. */
export const namedUser = ({ caller, namedUserId }: Pick<ApiRequest, 'caller' | 'namedUserId'>, named: string | undefined) => actingFor(caller, named ?? namedUserId);

export const viewAt = (now: () => Date) => (loaded: LoadedActivity): ActivityView => toActivityView(loaded, now().toISOString());

export const toProblem = ({ code, detail }: Pick<Refusal, 'code' | 'detail'>) => new Problem(code, { detail });
