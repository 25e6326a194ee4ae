import type { StepState, StepView } from '@waggle/contracts';
import { channelOf, isOpen, type Activity, type Occurrence } from './activity.ts';
import { conflict, noOccurrence, type OccurrenceChange, type OccurrenceCommand, type Told } from './occurrence-change.ts';

/**
 * What a command does to the day's run of a routine; null where the transitions of every occurrence say it. A run begins by activation or
 * by its first step, and closes when no step is pending.
 */
export function changeRun(activity: Activity, occurrence: Occurrence, command: OccurrenceCommand): OccurrenceChange | null {
  const { action } = command;
  if (action === 'complete_step') return changeStep(activity, occurrence, { ...command, state: 'done' });
  if (action === 'skip_step') return changeStep(activity, occurrence, { ...command, state: 'skipped' });
  if (activity.type !== 'routine') return null;
  if (action === 'activate') return activate(activity, occurrence);
  if (action === 'complete' && canBeFinished(occurrence)) return finish(activity, occurrence, { ...command, state: 'done' });
  // Without a run there is nothing to close: the day is skipped as a whole.
  if (action === 'skip' && occurrence.run === 'open' && isOpen(occurrence)) return finish(activity, occurrence, { ...command, state: 'skipped' });
  return null;
}

type Finished = Exclude<StepState, 'pending'>;

const STEP_EVENTS = { done: 'routine.step_completed', skipped: 'routine.step_skipped' } as const;

/** A routine's steps on a day: as its run has them, else as they are defined. */
export function stepsOf({ steps }: Pick<Activity, 'steps'>, occurrence: Pick<Occurrence, 'steps' | 'state'> | undefined): StepView[] {
  const state: StepState = occurrence?.state === 'skipped' ? 'skipped' : 'pending';
  return occurrence?.steps ?? steps.map((step) => ({ ...step, state }));
}

function activate(activity: Activity, occurrence: Occurrence): OccurrenceChange {
  if (occurrence.run !== null) return { kind: 'unchanged' };
  if (!isOpen(occurrence)) return conflict(`Cannot activate what is ${occurrence.state}`);
  const steps = stepsOf(activity, occurrence);
  return { kind: 'changed', occurrence: { ...occurrence, state: 'pending', snoozedUntil: null, run: 'open', steps }, told: [{ event: 'routine.activated', steps }] };
}

function changeStep(activity: Activity, occurrence: Occurrence, { stepId = '', state, ...command }: OccurrenceCommand & { state: Finished }): OccurrenceChange {
  const steps = stepsOf(activity, occurrence);
  const step = steps.find(({ id }) => id === stepId);
  if (step === undefined) return { kind: 'rejected', code: 'not_found', detail: `${activity.id} has no step ${stepId}` };
  if (!occurrence.scheduled) return noOccurrence(activity);
  if (!isOpen(occurrence)) return conflict(`The run is over: it is ${occurrence.state}`);
  if (step.state === state) return { kind: 'unchanged' };
  if (step.state === 'done') return conflict('Cannot skip a step that is done');
  const changed = steps.map((one) => (one === step ? { ...one, state } : one));
  const told: Told = { event: STEP_EVENTS[state], steps: changed, stepId };
  return closeIfOver(activity, { occurrence, steps: changed, told: [told] }, command);
}

/** A run that is closed is made done by the table alone. */
const canBeFinished = (occurrence: Occurrence) => isOpen(occurrence) || occurrence.state === 'missed' || (occurrence.state === 'skipped' && occurrence.run === null);

/** Does all pending steps. */
function finish(activity: Activity, occurrence: Occurrence, { state, ...command }: OccurrenceCommand & { state: Finished }): OccurrenceChange {
  let steps = stepsOf(activity, { ...occurrence, state: 'pending' });
  const told: Told[] = [];
  for (const { id } of steps.filter((step) => step.state === 'pending')) {
    steps = steps.map((step) => (step.id === id ? { ...step, state } : step));
    told.push({ event: STEP_EVENTS[state], steps, stepId: id });
  }
  return closeIfOver(activity, { occurrence, steps, told }, command);
}

function closeIfOver(
  activity: Activity,
  { occurrence, steps, told }: { occurrence: Occurrence; steps: StepView[]; told: Told[] },
  { action, at, channel }: OccurrenceCommand,
): OccurrenceChange {
  const run = { ...occurrence, state: 'pending', snoozedUntil: null, run: 'open', steps } as const;
  if (steps.some(({ state }) => state === 'pending')) return { kind: 'changed', occurrence: run, told };
  const closed = { ...run, run: 'closed', channel: channelOf(activity, channel), at } as const;
  const isSkipped = steps.length > 0 ? steps.every(({ state }) => state === 'skipped') : action === 'skip';
  // A missed run is no open one: completing it makes it done whatever its steps are.
  if (occurrence.state === 'missed' || steps.every(({ state }) => state === 'done') && !isSkipped) {
    return { kind: 'changed', occurrence: { ...closed, state: 'done' }, told: [...told, { event: 'activity.completed' }] };
  }
  if (isSkipped) return { kind: 'changed', occurrence: { ...closed, state: 'skipped' }, told: [...told, { event: 'activity.skipped' }] };
  return { kind: 'changed', occurrence: { ...closed, state: 'partial' }, told: [...told, { event: 'routine.partial', steps }] };
}
