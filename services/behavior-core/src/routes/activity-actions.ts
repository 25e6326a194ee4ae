import { actionBody, faultOfSnooze, faultOfTime, freshCommandId, keyOfUser, naturalCommandId, snoozeBody, toUtc, type ActionBody, type OccurrenceBody } from '@waggle/contracts';
import { actingFor, invalid, ok, parseBody, type ApiRequest, type createOperationIds, type Route } from '@waggle/http';
import type { ActivityReader } from '../adapters/activity-reader.ts';
import type { Applied } from '../domain/commands/batch-changes.ts';
import { toResult } from '../domain/commands/decide-batch.ts';
import type { Instruction } from '../domain/commands/instruction.ts';
import { findOwn, toProblem, unknownActivity } from './activity-access.ts';

export interface ActivityActionsDeps {
  reader: ActivityReader;
  operationIds: ReturnType<typeof createOperationIds>;
  /** Decides and keeps it, with its operation. */
  apply(instructions: readonly Instruction[]): Promise<Applied>;
  wake(keys: readonly string[]): void;
  now(): Date;
}

const ACTIONS = {
  complete: 'activity.completed', skip: 'activity.skipped', snooze: 'activity.snoozed', reopen: 'activity.reopened', activate: 'routine.activated',
} as const;
const STEP_ACTIONS = { complete: 'routine.step_completed', skip: 'routine.step_skipped' } as const;

/** Buttons: the same effects and answers as `POST /v1/webhooks/inbound`, decided right here. */
export function activityActionsRoutes({ reader, operationIds, apply, wake, now }: ActivityActionsDeps): Route[] {
  async function act(request: ApiRequest, toBody: (given: ActionBody, shared: Shared) => OccurrenceBody) {
    const { caller, params } = request;
    const given = parseBody(params['action'] === 'snooze' ? snoozeBody : actionBody, request.body);
    actingFor(caller, given.user_id);
    const timestamp = timeOf(given, now());
    const { activity } = await findOwn(reader, request);
    if (given.user_id !== undefined && given.user_id !== activity.userId) throw unknownActivity(activity.id);
    const body = toBody(given, { activity_id: activity.id, user_id: activity.userId, timestamp, channel: given.channel, notify: given.notify });
    const instruction = {
      id: commandIdOf(request, given, body), digest: null, operationId: operationIds.make(caller, 'core', now().getTime()), workspaceId: caller.workspaceId,
      userId: activity.userId, creatorUserId: caller.userId, acceptedAt: toUtc(now()), body,
    };
    const { verdicts: [verdict], events } = await apply([instruction]);
    wake(events.map(keyOfUser));
    const result = toResult(verdict!);
    if (result.status === 'refused') throw toProblem(result);
    return ok(result);
  }

  return [
    ...Object.entries(ACTIONS).map(([action, event]): Route => ({
      method: 'post',
      path: `/v1/activities/:id/${action}`,
      handle: (request) => act({ ...request, params: { ...request.params, action } }, (given, shared) => toOccurrenceBody(event, given, shared)),
    })),
    ...Object.entries(STEP_ACTIONS).map(([action, event]): Route => ({
      method: 'post',
      path: `/v1/activities/:id/steps/:stepId/${action}`,
      handle: (request) => act(request, (_given, shared) => ({ ...shared, event, step_id: request.params['stepId']! })),
    })),
  ];
}

type Shared = Pick<OccurrenceBody, 'activity_id' | 'user_id' | 'timestamp' | 'channel' | 'notify'>;

function toOccurrenceBody(event: (typeof ACTIONS)[keyof typeof ACTIONS], given: ActionBody, shared: Shared): OccurrenceBody {
  if (event !== 'activity.snoozed') return { ...shared, event };
  const body = { ...shared, event, snooze_minutes: given.snooze_minutes, until: given.until };
  const fault = faultOfSnooze(body);
  if (fault !== null) throw invalid(fault.path.join('.'), fault.message);
  return body;
}

function timeOf({ at }: ActionBody, now: Date): string {
  if (at === undefined) return toUtc(now);
  const fault = faultOfTime(at, now);
  if (fault !== null) throw invalid('at', fault);
  return toUtc(at);
}

/** Without a time of its own each press of a button is another; an Idempotency-Key decides alone what is the same. */
function commandIdOf({ caller, identity }: ApiRequest, { at }: ActionBody, body: OccurrenceBody): string {
  return at === undefined || identity !== null ? freshCommandId() : naturalCommandId(caller.workspaceId, body);
}
