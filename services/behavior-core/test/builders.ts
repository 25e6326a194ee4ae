import { inboundBody, type InstructionBody, type OccurrenceBody } from '@waggle/contracts';
import type { Activity } from '../src/domain/activities/activity.ts';
import type { LoadedActivity } from '../src/domain/activities/loaded-activity.ts';
import { activityKey, type BatchState, type LoadedUser } from '../src/domain/commands/batch-state.ts';
import type { Instruction } from '../src/domain/commands/instruction.ts';

/** A daily habit of a user in UTC, since March 1st: the test states what it is about, the rest is filled in. */
export function anActivity(given: Partial<Activity> = {}): Activity {
  const startsOn = given.startsOn ?? '2026-03-01';
  const createdOn = given.createdOn ?? startsOn;
  return {
    workspaceId: 'ws_demo', id: 'act_0', userId: 'usr_0', type: 'habit', name: 'Drink water', recurrence: null, window: null, dueAt: null, channels: ['telegram'],
    priority: 0, reminders: { enabled: true, followUp: true }, steps: [], archivedAt: null, version: 1, createdAt: `${createdOn}T00:00:00Z`, updatedAt: `${createdOn}T00:00:00Z`,
    timezone: 'UTC', settledUntil: createdOn, ...given, startsOn, createdOn,
  };
}

/** A routine with two steps, `stp_1` and `stp_2`. */
export const aRoutine = (given: Partial<Activity> = {}): Activity =>
  anActivity({ type: 'routine', name: 'Morning', steps: [{ id: 'stp_1', name: 'Stretch' }, { id: 'stp_2', name: 'Read' }], ...given });

let count = 0;

/** Each is a request of its own unless the test gives the ids. */
export function anInstruction<Body extends InstructionBody>(body: Body, given: Partial<Instruction> = {}): Instruction<Body> {
  const n = ++count;
  return {
    id: `cmd_${n}`, digest: null, operationId: `op_${n}`, workspaceId: 'ws_demo', userId: body.user_id, creatorUserId: null, acceptedAt: '2026-03-28T08:12:45Z', ...given, body,
  };
}

/** About the builders' activity, in the words of a partner. */
export function about(event: OccurrenceBody['event'], timestamp: string, given: Record<string, unknown> = {}): OccurrenceBody {
  const body = inboundBody.parse({ event, activity_id: 'act_0', user_id: 'usr_0', timestamp, ...given });
  if (body.event === 'onboarding.completed') throw new Error('It is about no activity');
  return body;
}

export const aUser = (given: Partial<LoadedUser> = {}): LoadedUser => ({ timezone: 'UTC', isNew: false, active: { habit: 0, task: 0, routine: 0 }, ...given });

export function aState(activities: readonly LoadedActivity[], given: Partial<BatchState> = {}): BatchState {
  return {
    operations: new Map(), answers: new Map(), activities: new Map(activities.map((one) => [activityKey(one.activity.workspaceId, one.activity.id), one])),
    users: new Map([['ws_demo:usr_0', aUser()]]), templates: new Map(), applied: new Set(), ...given,
  };
}

export const LIMITS = { habit: 25, task: 100, routine: 15 };
