import { activityCreation, type ActivityCreateBody, type ActivityCreation, type BehaviorEvent, type OnboardingBody, type OperationAnswer } from '@waggle/contracts';
import { createActivity, faultOfRecurrence } from '../activities/define.ts';
import type { Activity } from '../activities/activity.ts';
import { definitionEvent } from '../activities/events.ts';
import { loadedActivity, type LoadedActivity } from '../activities/loaded-activity.ts';
import { nextEnd, presentOf } from '../activities/present.ts';
import { toActivityView } from '../activities/view.ts';
import { activityKey, appliedKey, templateKey, userKey, type LoadedUser, type Verdict } from './batch-state.ts';
import { idOf, invalid, lookAt, refused, sweepAt, tell, type Context } from './batch-changes.ts';
import type { Instruction } from './instruction.ts';

const templateActivities = activityCreation.array();

export function decideCreation(instruction: Instruction<ActivityCreateBody>, context: Context): Verdict {
  const outcome = createAll(instruction, [instruction.body.activity], context);
  if ('outcome' in outcome) return outcome;
  return { outcome: 'processed', answer: { ...outcome.answer, activity: outcome.views[0]!, activities: null } };
}

/** All or nothing: the list is judged as a whole before anything of it is made. */
export function decideOnboarding(instruction: Instruction<OnboardingBody>, context: Context): Verdict {
  const { workspaceId, userId, operationId, body } = instruction;
  const { state, changes } = context;
  const { template } = body;
  if (template === undefined) return answerOf(createAll(instruction, body.activities ?? [], context));

  const kept = state.templates.get(templateKey(workspaceId, template));
  if (kept === undefined) return refused('template_not_found', `No template ${template}`);
  if (state.applied.has(appliedKey(workspaceId, userId, template))) {
    return { outcome: 'unchanged', answer: { status: 'unchanged', operation_id: operationId, activity: null, activities: [], events: [] } };
  }
  // A template serves many users, so what it makes has ids of its own.
  const outcome = createAll(instruction, templateActivities.parse(kept).map(({ id: _id, ...creation }) => creation), context);
  if (!('outcome' in outcome)) {
    state.applied.add(appliedKey(workspaceId, userId, template));
    changes.applied.push({ workspaceId, userId, name: template });
    changes.users.add(userKey({ workspaceId, id: userId }));
  }
  return answerOf(outcome);
}

interface Created {
  answer: Omit<OperationAnswer, 'activity' | 'activities'>;
  views: NonNullable<OperationAnswer['activities']>;
}
type Refused = ReturnType<typeof refused>;

function answerOf(outcome: Created | Refused): Verdict {
  if ('outcome' in outcome) return outcome;
  return { outcome: 'processed', answer: { ...outcome.answer, activity: null, activities: outcome.views } };
}

function createAll(instruction: Instruction, creations: readonly ActivityCreation[], context: Context): Created | Refused {
  const { workspaceId, userId, operationId, body } = instruction;
  const user = context.state.users.get(userKey({ workspaceId, id: userId }));
  if (user === undefined) return refused('not_found', 'No such user');
  const pathOf = (index: number) => (body.event === 'activity.create' ? 'activity' : `activities.${index}`);
  const fault = faultOf(creations, { workspaceId, user, context, pathOf });
  if (fault !== null) return fault;
  const made = creations.map((creation, index) => {
    const activity = createActivity(creation, { workspaceId, userId, timezone: user.timezone }, { activityId: creation.id ?? idOf('act', instruction, index), now: context.now });
    return keep(activity, definitionEvent('activity.created', { id: idOf('evt', instruction, index), timestamp: context.now }, activity), { user, instruction, context });
  });
  const events = made.map(({ event: { id, event } }) => ({ id, event }));
  return { answer: { status: 'processed', operation_id: operationId, events }, views: made.map(({ loaded }) => toActivityView(loaded, context.now)) };
}

interface Judging {
  workspaceId: string;
  user: LoadedUser;
  context: Context;
  /** Where one of them stands in the request's body. */
  pathOf(index: number): string;
}

/** Why the list cannot be made, or null. */
function faultOf(creations: readonly ActivityCreation[], { workspaceId, user, context, pathOf }: Judging): Refused | null {
  const counts = { ...user.active };
  const ids = new Set<string>();
  for (const [index, { id, type, schedule }] of creations.entries()) {
    if (id !== undefined && (ids.has(id) || context.state.activities.has(activityKey(workspaceId, id)))) return refused('already_exists', `There is an activity ${id}`);
    if (id !== undefined) ids.add(id);
    const fault = faultOfRecurrence(schedule.recurrence);
    if (fault !== null) return invalid(`${pathOf(index)}.schedule.recurrence`, fault);
    counts[type]++;
    if (counts[type] > context.limits[type]) return refused('plan_limit_reached', `A user may have ${context.limits[type]} of the type ${type}`);
  }
  return null;
}

function keep(activity: Activity, event: BehaviorEvent, { user, instruction, context }: { user: LoadedUser; instruction: Instruction; context: Context }): { loaded: LoadedActivity; event: BehaviorEvent } {
  const { state, changes, now } = context;
  const loaded = loadedActivity(activity);
  state.activities.set(activityKey(activity.workspaceId, activity.id), loaded);
  user.active[activity.type]++;
  changes.activities.push(activity);
  changes.users.add(userKey({ workspaceId: activity.workspaceId, id: activity.userId }));
  tell(changes, instruction, [event]);
  if (activity.type !== 'task') sweepAt(changes, activity, nextEnd(activity, presentOf(activity, now)));
  if (activity.reminders.enabled) lookAt(changes, activity, Date.parse(now));
  return { loaded, event };
}
