import { changeActivityBody, emptyBody, faultsOfDefinition, keyOfUser, replaceActivityBody, type ChangeActivityBody, type ReplaceActivityBody } from '@waggle/contracts';
import { actingFor, invalid, noContent, ok, parseBody, Problem, type ApiRequest, type Route } from '@waggle/http';
import type { ActivityReader } from '../adapters/activity-reader.ts';
import type { ActivityWriter, Revisable, Revise } from '../adapters/activity-writer.ts';
import type { Activity } from '../domain/activities/activity.ts';
import { archiveActivity, changed, faultOfRecurrence, replaced, restoreActivity, toParts, updateActivity } from '../domain/activities/define.ts';
import { takesPlace } from '../domain/activities/loaded-activity.ts';
import type { PlanLimits } from '../domain/commands/batch-state.ts';
import { findOwn, unknownActivity, viewAt } from './activity-access.ts';

export interface ActivityChangesDeps {
  reader: ActivityReader;
  writer: ActivityWriter;
  limits: PlanLimits;
  wake(keys: readonly string[]): void;
  now(): Date;
}

/** Decided under the user's lock, so told by a value; what the client sees of it is a problem. */
interface Refused {
  isRefused: true;
  problem: Problem;
}
const refused = (problem: Problem): Refused => ({ isRefused: true, problem });

export function activityChangesRoutes({ reader, writer, limits, wake, now }: ActivityChangesDeps): Route[] {
  const view = viewAt(now);

  async function revise(request: ApiRequest, decide: Revise<Refused>) {
    const { activity } = await findOwn(reader, request);
    const ifMatch = request.header('if-match');
    const revision = await writer.revise(activity, (revisable, making) => {
      const { version } = revisable.loaded.activity;
      return isMatch(ifMatch, version) ? decide(revisable, making) : refused(new Problem('version_mismatch', { detail: `The version is ${version}` }));
    });
    if (revision.kind === 'unknown') throw unknownActivity(activity.id);
    if (revision.kind === 'refused') throw revision.refused.problem;
    wake(revision.events.map(keyOfUser));
    return revision.loaded;
  }

  async function update(request: ApiRequest, body: Repeated, toNext: (activity: Activity, now: string) => Activity) {
    actingFor(request.caller, body.user_id);
    return ok(view(await revise(request, (revisable, making) => {
      const { activity } = revisable.loaded;
      const next = toNext(activity, making.now);
      const problem = faultOf(activity, body, next);
      return problem === null ? updateActivity(revisable.loaded, next, making) : refused(problem);
    })));
  }

  const restore = (revisable: Revisable, making: Parameters<Revise<Refused>>[1]) => {
    const { activity } = revisable.loaded;
    const isFull = activity.archivedAt !== null && takesPlace(revisable.loaded) && revisable.active >= limits[activity.type];
    return isFull ? refused(planLimitReached(activity, limits)) : restoreActivity(revisable.loaded, making);
  };

  return [
    {
      method: 'put',
      path: '/v1/activities/:id',
      handle(request) {
        const body: ReplaceActivityBody = parseBody(replaceActivityBody, request.body);
        return update(request, body, (activity, at) => replaced(activity, body, at));
      },
    },
    {
      method: 'patch',
      path: '/v1/activities/:id',
      handle(request) {
        const body: ChangeActivityBody = parseBody(changeActivityBody, request.body);
        return update(request, body, (activity, at) => changed(activity, body, at));
      },
    },
    {
      method: 'delete',
      path: '/v1/activities/:id',
      async handle(request) {
        await revise(request, ({ loaded }, making) => archiveActivity(loaded, making));
        return noContent();
      },
    },
    {
      method: 'post',
      path: '/v1/activities/:id/restore',
      async handle(request) {
        parseBody(emptyBody, request.body);
        return ok(view(await revise(request, restore)));
      },
    },
  ];
}

type Repeated = Pick<ReplaceActivityBody, 'id' | 'user_id' | 'type'>;

/** Why the definition cannot become this, or null. */
function faultOf(activity: Activity, repeated: Repeated, next: Activity): Problem | null {
  if (activity.archivedAt !== null) return new Problem('activity_archived', { detail: `${activity.id} is archived` });
  const fixed = { id: activity.id, user_id: activity.userId, type: activity.type } as const;
  for (const field of ['id', 'user_id', 'type'] as const) {
    if (repeated[field] !== undefined && repeated[field] !== fixed[field]) return invalid(field, 'May be repeated, not changed');
  }
  const recurrence = faultOfRecurrence(next.recurrence);
  if (recurrence !== null) return invalid('schedule.recurrence', recurrence);
  const [fault] = faultsOfDefinition(toParts(next));
  return fault === undefined ? null : invalid(fault.path.join('.'), fault.message);
}

const planLimitReached = ({ type }: Activity, limits: PlanLimits) =>
  new Problem('plan_limit_reached', { detail: `A user may have ${limits[type]} of the type ${type}` });

/** `7`, `"7"`, several of them, or `*`; without the header anything goes (RFC 9110, section 13.1.1). */
function isMatch(ifMatch: string | undefined, version: number): boolean {
  if (ifMatch === undefined) return true;
  return ifMatch.split(',').map((tag) => tag.trim().replace(/^"(.*)"$/, '$1')).some((tag) => tag === '*' || tag === String(version));
}
