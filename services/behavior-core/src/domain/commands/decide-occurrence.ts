import { snoozeEnd, toUtc, type OccurrenceBody, type OperationAnswer } from '@waggle/contracts';
import { isOpen, type Occurrence } from '../activities/activity.ts';
import { changeOccurrence } from '../activities/change-occurrence.ts';
import { toldEvent } from '../activities/events.ts';
import { occurrenceOn, record, type LoadedActivity } from '../activities/loaded-activity.ts';
import { keptUnder, occurrenceDay, readOccurrence } from '../activities/occurrence-day.ts';
import { isEnded, presentOf } from '../activities/present.ts';
import type { OccurrenceAction, OccurrenceChange, OccurrenceCommand } from '../activities/occurrence-change.ts';
import { computeStreak } from '../activities/streak.ts';
import { toActivityView } from '../activities/view.ts';
import { dayNumber } from '../local-date.ts';
import { lookAfterChange } from '../reminders/mark.ts';
import { activityKey, type Verdict } from './batch-state.ts';
import { idOf, lookAt, refused, sweepAt, tell, type Context } from './batch-changes.ts';
import type { Instruction } from './instruction.ts';

const ACTIONS = {
  'activity.completed': 'complete', 'activity.skipped': 'skip', 'activity.snoozed': 'snooze', 'activity.reopened': 'reopen',
  'routine.activated': 'activate', 'routine.step_completed': 'complete_step', 'routine.step_skipped': 'skip_step',
} as const satisfies Record<OccurrenceBody['event'], OccurrenceAction>;

export function decideOccurrence(instruction: Instruction<OccurrenceBody>, context: Context): Verdict {
  const { body } = instruction;
  const loaded = context.state.activities.get(activityKey(instruction.workspaceId, body.activity_id));
  // Somebody else's activity is answered as an unknown one.
  if (loaded === undefined || loaded.activity.userId !== instruction.userId) {
    return refused('not_found', `No activity ${body.activity_id} of this user`);
  }
  const command = toCommand(body);
  const present = presentOf(loaded.activity, context.now);
  // Before the change: afterwards the instant may belong to another day.
  const [keptDate, day] = [keptUnder(loaded, command.at), occurrenceDay(loaded, command.at)];
  const before = readOccurrence(loaded, occurrenceOn(loaded, keptDate), { at: command.at, present });
  const change = changeOccurrence(loaded.activity, before, command);
  if (change.kind === 'rejected') return refused(change.code, change.detail);
  if (change.kind === 'unchanged') return { outcome: 'unchanged', answer: answerOf(instruction, loaded, { status: 'unchanged', now: context.now, events: [] }) };
  const events = apply(instruction, loaded, { before, change, day, command, context });
  return { outcome: 'processed', answer: answerOf(instruction, loaded, { status: 'processed', now: context.now, events }) };
}

function toCommand(body: OccurrenceBody): OccurrenceCommand {
  return {
    action: ACTIONS[body.event],
    at: toUtc(body.timestamp),
    channel: body.channel,
    until: body.event === 'activity.snoozed' ? toUtc(new Date(snoozeEnd(body))) : undefined,
    stepId: 'step_id' in body ? body.step_id : undefined,
  };
}

interface Applying {
  before: Occurrence;
  change: Extract<OccurrenceChange, { kind: 'changed' }>;
  day: string;
  command: OccurrenceCommand;
  context: Context;
}

function apply(instruction: Instruction, loaded: LoadedActivity, { before, change, day, command, context }: Applying): OperationAnswer['events'] {
  const { activity } = loaded;
  const { occurrence } = change;
  record(loaded, occurrence);
  const { changes, now } = context;
  changes.occurrences.set(`${activityKey(activity.workspaceId, activity.id)}:${occurrence.date}`, { workspaceId: activity.workspaceId, activityId: activity.id, occurrence });
  const present = presentOf(activity, now);
  // What is open again although its day is over will be missed.
  if (isOpen(occurrence) && isEnded(activity, { ...occurrence, day: dayNumber(occurrence.date) }, present)) sweepAt(changes, activity, Date.parse(now));
  const lookMs = lookAfterChange(activity, { before, after: occurrence, now });
  if (lookMs !== null) lookAt(changes, activity, lookMs);
  const streak = computeStreak(loaded, present);
  const events = change.told.map((told, index) =>
    toldEvent(told, { id: idOf('evt', instruction, index), timestamp: command.at }, { activity, occurrence, day, streak, channel: command.channel }));
  tell(changes, instruction, events);
  return events.map(({ id, event }) => ({ id, event }));
}

function answerOf(
  { operationId, isBulk = false }: Instruction,
  loaded: LoadedActivity,
  { status, now, events }: { status: 'processed' | 'unchanged'; now: string; events: OperationAnswer['events'] },
): OperationAnswer {
  // An item's result has no view in it, and a view is most of what a decision costs to make and to keep.
  return { status, operation_id: operationId, activity: isBulk ? null : toActivityView(loaded, now), activities: null, events };
}
