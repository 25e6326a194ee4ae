import { derivedId, type BehaviorCommand, type BehaviorEvent, type OperationAnswer, type Refusal } from '@waggle/contracts';
import { newOccurrence, occurrenceDate, type Occurrence } from '../activities/activity.ts';
import { changeOccurrence, type OccurrenceAction } from '../activities/change-occurrence.ts';
import { occurrenceEvent } from '../activities/events.ts';
import { computeStreak } from '../activities/streak.ts';
import { toActivityView } from '../activities/view.ts';
import { dayNumber, localDate } from '../local-date.ts';
import { activityKey, type BatchState, type LoadedActivity, type Verdict } from './batch-state.ts';

/** What one batch changes; `verdicts` has one entry per command, in their order. */
export interface BatchChanges {
  verdicts: Verdict[];
  /** By command id: to be remembered. */
  answers: Map<string, OperationAnswer>;
  occurrences: Map<string, { workspaceId: string; activityId: string; occurrence: Occurrence }>;
  events: BehaviorEvent[];
}

const ACTIONS = { 'activity.completed': 'complete', 'activity.skipped': 'skip' } as const satisfies Record<string, OccurrenceAction>;

/** Decides in order; each command sees what the earlier ones of the batch did, repetitions of itself included. `now`: the time of deciding. */
export function decideBatch(commands: readonly BehaviorCommand[], state: BatchState, now: string): BatchChanges {
  const changes: BatchChanges = { verdicts: [], answers: new Map(), occurrences: new Map(), events: [] };
  for (const command of commands) changes.verdicts.push(decide(command, { state, changes, now }));
  return changes;
}

interface Context {
  state: BatchState;
  changes: BatchChanges;
  now: string;
}

function decide(command: BehaviorCommand, context: Context): Verdict {
  const decided = context.state.operations.get(command.operation_id);
  if (decided !== undefined) return decided;
  const first = context.changes.answers.get(command.id) ?? context.state.answers.get(command.id);
  if (first !== undefined) return { outcome: 'duplicate', answer: { ...first, status: 'duplicate' } };

  const loaded = context.state.activities.get(activityKey(command.workspace_id, command.body.activity_id));
  // Somebody else's activity is answered as an unknown one.
  if (loaded === undefined || loaded.activity.userId !== command.user_id) {
    return refused('not_found', `No activity ${command.body.activity_id} of this user`);
  }
  const verdict = changeOne(command, loaded, context);
  if (verdict.outcome !== 'refused') context.changes.answers.set(command.id, verdict.answer);
  return verdict;
}

function changeOne(command: BehaviorCommand, loaded: LoadedActivity, { changes, now }: Context): Verdict {
  const { activity } = loaded;
  const { body } = command;
  const occurrenceDay = localDate(body.timestamp, activity.timezone);
  const date = occurrenceDate(activity, occurrenceDay);
  const before = loaded.occurrences.get(date) ?? newOccurrence(date);
  const change = changeOccurrence(activity, before, { action: ACTIONS[body.event], channel: body.channel, at: body.timestamp });
  if (change.kind === 'rejected') return refused(change.code, change.detail);

  const today = localDate(now, activity.timezone);
  const events: BehaviorEvent[] = [];
  if (change.kind === 'changed') {
    record(changes, loaded, change.occurrence);
    const head = { id: derivedId('evt', Date.parse(command.accepted_at), command.operation_id, 0), timestamp: body.timestamp };
    const streak = computeStreak(activity, loaded.history, today);
    events.push(occurrenceEvent(body.event, head, { activity, occurrence: change.occurrence, occurrenceDay, streak }));
    changes.events.push(...events);
  }
  const outcome = change.kind === 'changed' ? 'processed' : 'unchanged';
  return { outcome, answer: toAnswer(command, outcome, { view: viewOf(loaded, today), events }) };
}

/** Later commands of the batch see it. */
function record(changes: BatchChanges, loaded: LoadedActivity, occurrence: Occurrence): void {
  const { workspaceId, id } = loaded.activity;
  loaded.occurrences.set(occurrence.date, occurrence);
  loaded.history.set(dayNumber(occurrence.date), occurrence.state);
  changes.occurrences.set(`${activityKey(workspaceId, id)}:${occurrence.date}`, { workspaceId, activityId: id, occurrence });
}

function viewOf({ activity, history, occurrences }: LoadedActivity, today: string) {
  return toActivityView({ activity, history, present: occurrences.get(occurrenceDate(activity, today)) }, today);
}

function toAnswer(
  { operation_id }: BehaviorCommand,
  status: 'processed' | 'unchanged',
  { view, events }: { view: OperationAnswer['activity']; events: readonly BehaviorEvent[] },
): OperationAnswer {
  return { status, operation_id, activity: view, activities: null, events: events.map(({ id, event }) => ({ id, event })) };
}

const refused = (code: Refusal['code'], detail: string): Verdict => ({ outcome: 'refused', refusal: { status: 'refused', code, detail } });

