import { activityType, createActivityBody, freshCommandId, keyOfUser, newId, pageQuery, toUtc, userId as userIdSchema, type ActivityCreateBody, type CreateActivityBody } from '@waggle/contracts';
import { created, decodeCursor, invalid, ok, parseBody, parseQuery, toPage, type ApiRequest, type Route } from '@waggle/http';
import { z } from 'zod';
import type { ActivityReader, ListPosition } from '../adapters/activity-reader.ts';
import { toBriefing } from '../domain/activities/briefing.ts';
import { faultOfRecurrence } from '../domain/activities/define.ts';
import type { BatchChanges } from '../domain/commands/batch-changes.ts';
import type { Instruction } from '../domain/commands/instruction.ts';
import { findOwn, namedUser, toProblem, viewAt } from './activity-access.ts';

export interface ActivitiesDeps {
  reader: ActivityReader;
  /** Decides and keeps creations. */
  create(instructions: readonly Instruction<ActivityCreateBody>[]): Promise<BatchChanges>;
  wake(keys: readonly string[]): void;
  now(): Date;
}

const listQuery = pageQuery.extend({
  user_id: userIdSchema.optional(),
  type: activityType.optional(),
  status: z.enum(['active', 'completed', 'archived']).optional(),
});
// The time is as PostgreSQL writes it.
const listPosition = z.tuple([z.string(), z.string().regex(/^\d{4}-/).refine((time) => time >= '0001' && !Number.isNaN(Date.parse(time))), z.string()]);
const todayQuery = z.strictObject({ user_id: userIdSchema.optional() });

export function activitiesRoutes({ reader, create, wake, now }: ActivitiesDeps): Route[] {
  const view = viewAt(now);

  async function createOne({ caller, body, namedUserId }: ApiRequest) {
    const { user_id, ...activity } = parseBody(createActivityBody, body);
    const userId = namedUser({ caller, namedUserId }, user_id);
    if (userId === undefined) throw invalid('user_id', 'A system key must say whose activity this is');
    checkRecurrence(activity);
    const instruction = {
      id: freshCommandId(), digest: null, operationId: newId('op'), workspaceId: caller.workspaceId, userId, creatorUserId: caller.userId, acceptedAt: toUtc(now()),
      body: { event: 'activity.create' as const, user_id: userId, activity },
    };
    const { verdicts: [verdict], events } = await create([instruction]);
    if (verdict?.outcome !== 'processed') throw toProblem(verdict?.outcome === 'refused' ? verdict.refusal : { code: 'internal', detail: 'Not created' });
    wake(events.map(keyOfUser));
    return created(verdict.answer.activity);
  }

  async function list({ caller, query, namedUserId }: ApiRequest) {
    const { limit, cursor, ...filters } = parseQuery(listQuery, query);
    const userId = namedUser({ caller, namedUserId }, filters.user_id);
    const scope = ['activities', caller.workspaceId, userId ?? null, filters.type ?? null, filters.status ?? null];
    const after: ListPosition | undefined = cursor === undefined ? undefined : decodeCursor(scope, cursor, listPosition);
    const rows = await reader.list(caller.workspaceId, { userId, type: filters.type, status: filters.status }, after, limit);
    const views = new Map((await reader.find(caller.workspaceId, rows.map(({ id }) => id))).map((loaded) => [loaded.activity.id, view(loaded)]));
    return ok(toPage(rows, { limit, scope, positionOf: (row) => [row.user_id, row.created_at, row.id], toItem: ({ id }) => views.get(id) }));
  }

  async function today({ caller, query, namedUserId }: ApiRequest) {
    const userId = namedUser({ caller, namedUserId }, parseQuery(todayQuery, query).user_id);
    if (userId === undefined) throw invalid('user_id', 'A system key must say whose day this is');
    const found = await reader.findOfUser(caller.workspaceId, userId);
    if (found === null) throw toProblem({ code: 'not_found', detail: `No user ${userId}` });
    return ok(toBriefing(found.activities, { userId, timezone: found.timezone, now: now().toISOString() }));
  }

  return [
    { method: 'post', path: '/v1/activities', handle: createOne },
    { method: 'get', path: '/v1/activities', handle: list },
    // Before the ones with an id: Express takes the first that fits.
    { method: 'get', path: '/v1/activities/today', handle: today },
    { method: 'get', path: '/v1/activities/:id', handle: async (request) => ok(view(await findOwn(reader, request))) },
  ];
}

function checkRecurrence({ schedule }: Pick<CreateActivityBody, 'schedule'>): void {
  const fault = faultOfRecurrence(schedule.recurrence);
  if (fault !== null) throw invalid('schedule.recurrence', fault);
}
