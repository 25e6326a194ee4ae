import { activityType, createActivityBody, keyOfUser, pageQuery, userId as userIdSchema, type ActivityView } from '@waggle/contracts';
import { actingFor, created, decodeCursor, noContent, ok, parseBody, parseQuery, Problem, toPage, invalid, type ApiRequest, type Caller, type Route } from '@waggle/http';
import { z } from 'zod';
import type { ActivityReader, ListPosition } from '../adapters/activity-reader.ts';
import type { ActivityWriter } from '../adapters/activity-writer.ts';
import { toActivityView, presentDate } from '../domain/activities/view.ts';
import type { LoadedActivity } from '../domain/commands/batch-state.ts';
import { localDate } from '../domain/local-date.ts';

export interface ActivitiesDeps {
  reader: ActivityReader;
  writer: ActivityWriter;
  wake(keys: readonly string[]): void;
  now(): Date;
}

const listQuery = pageQuery.extend({
  user_id: userIdSchema.optional(),
  type: activityType.optional(),
  status: z.enum(['active', 'completed', 'archived']).optional(),
});
const listPosition = z.tuple([z.string(), z.string(), z.string()]);

export function activitiesRoutes({ reader, writer, wake, now }: ActivitiesDeps): Route[] {
  const view = ({ activity, history, occurrences }: LoadedActivity): ActivityView => {
    const today = localDate(now().toISOString(), activity.timezone);
    return toActivityView({ activity, history, present: occurrences.get(presentDate(activity, today)) }, today);
  };

  /** Somebody else's is answered as an unknown one. */
  async function findOwn(caller: Caller, id: string): Promise<LoadedActivity> {
    const [found] = await reader.find(caller.workspaceId, [id]);
    if (found === undefined || (caller.userId !== null && caller.userId !== found.activity.userId)) throw unknownActivity(id);
    return found;
  }

  async function create({ caller, body, header }: ApiRequest) {
    const parsed = parseBody(createActivityBody, body);
    const userId = actingFor(caller, parsed.user_id ?? header('x-buffy-user-id'));
    if (userId === undefined) throw invalid('user_id', 'A system key must say whose activity this is');
    const creation = await writer.create({ workspaceId: caller.workspaceId, userId: parseUserId(userId) }, parsed, caller.userId === null);
    if (creation.kind === 'already_exists') throw new Problem('already_exists', { detail: `There is an activity ${parsed.id}` });
    if (creation.kind === 'unknown_user') throw new Problem('not_found', { detail: `No user ${userId}` });
    wake([keyOfUser({ workspace_id: caller.workspaceId, user_id: userId })]);
    return created(view({ activity: creation.activity, history: new Map(), occurrences: new Map() }));
  }

  async function list({ caller, query, header }: ApiRequest) {
    const { limit, cursor, ...filters } = parseQuery(listQuery, query);
    const userId = actingFor(caller, filters.user_id ?? header('x-buffy-user-id'));
    const scope = ['activities', caller.workspaceId, userId ?? null, filters.type ?? null, filters.status ?? null];
    const after: ListPosition | undefined = cursor === undefined ? undefined : decodeCursor(scope, cursor, listPosition);
    const rows = await reader.list(caller.workspaceId, { userId, type: filters.type, status: filters.status }, after, limit);
    const views = new Map((await reader.find(caller.workspaceId, rows.map(({ id }) => id))).map((loaded) => [loaded.activity.id, view(loaded)]));
    return ok(toPage(rows, { limit, scope, positionOf: (row) => [row.user_id, row.created_at, row.id], toItem: ({ id }) => views.get(id) }));
  }

  async function archive({ caller, params }: ApiRequest) {
    const { activity } = await findOwn(caller, params['id']!);
    const archived = await writer.archive(activity, activity.id);
    if (archived === null) throw unknownActivity(activity.id);
    wake(archived.events.map(keyOfUser));
    return noContent();
  }

  return [
    { method: 'post', path: '/v1/activities', handle: create },
    { method: 'get', path: '/v1/activities', handle: list },
    { method: 'get', path: '/v1/activities/:id', handle: async ({ caller, params }) => ok(view(await findOwn(caller, params['id']!))) },
    { method: 'delete', path: '/v1/activities/:id', handle: archive },
  ];
}

const unknownActivity = (id: string) => new Problem('not_found', { detail: `No activity ${id}` });

function parseUserId(text: string): string {
  const parsed = userIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw invalid('user_id', 'Must be 1 to 64 letters, digits or _ . : @ -');
}

