import type { OccurrenceState } from '@waggle/contracts';
import { channelOf, type Activity, type Occurrence } from './activity.ts';
import { changeRun } from './change-run.ts';
import { conflict, noOccurrence, type OccurrenceAction, type OccurrenceChange, type OccurrenceCommand, type Told } from './occurrence-change.ts';

type StateAction = Extract<OccurrenceAction, 'complete' | 'skip' | 'snooze' | 'reopen'>;

// The contract's table (section 2): what each action makes of an occurrence in each state. Its own state means unchanged, null a 409.
const TRANSITIONS: Record<StateAction, Record<OccurrenceState, OccurrenceState | null>> = {
  complete: { pending: 'done', snoozed: 'done', done: 'done', skipped: 'done', missed: 'done', partial: 'done' },
  skip: { pending: 'skipped', snoozed: 'skipped', done: null, skipped: 'skipped', missed: 'skipped', partial: null },
  snooze: { pending: 'snoozed', snoozed: 'snoozed', done: null, skipped: null, missed: null, partial: null },
  reopen: { pending: 'pending', snoozed: 'pending', done: 'pending', skipped: 'pending', missed: 'missed', partial: 'pending' },
};

const EVENTS = { complete: 'activity.completed', skip: 'activity.skipped', snooze: 'activity.snoozed', reopen: 'activity.reopened' } as const;

/** Every rule about changing an occurrence begins here. `occurrence`: as it reads at that time. */
export function changeOccurrence(activity: Activity, occurrence: Occurrence, command: OccurrenceCommand): OccurrenceChange {
  if (activity.archivedAt !== null) return { kind: 'rejected', code: 'activity_archived', detail: `${activity.id} is archived` };
  const { action } = command;
  // Of a step it is asked first whether there is one.
  if (!occurrence.scheduled && !['complete', 'complete_step', 'skip_step'].includes(action)) return noOccurrence(activity);
  const ofRun = changeRun(activity, occurrence, command);
  if (ofRun !== null) return ofRun;
  if (action === 'activate' || action === 'complete_step' || action === 'skip_step') return conflict(`${activity.id} is no routine`);
  return changeState(activity, occurrence, { ...command, action });
}

function changeState(activity: Activity, occurrence: Occurrence, { action, at, channel, until }: OccurrenceCommand & { action: StateAction }): OccurrenceChange {
  const state = TRANSITIONS[action][occurrence.state];
  if (state === null) return conflict(`Cannot ${action} what is ${occurrence.state}`);
  if (state === occurrence.state && (until ?? null) === occurrence.snoozedUntil) return { kind: 'unchanged' };
  const told: Told[] = [{ event: EVENTS[action] }];
  const changed = { ...occurrence, state, channel: channelOf(activity, channel), at, snoozedUntil: until ?? null };
  return { kind: 'changed', occurrence: action === 'reopen' ? undone(changed, occurrence.state) : changed, told };
}

/** As if nothing had happened; what was only snoozed keeps the run that goes on. */
function undone(occurrence: Occurrence, before: OccurrenceState): Occurrence {
  const reset = { ...occurrence, channel: null, at: null };
  return before === 'snoozed' ? reset : { ...reset, run: null, steps: null };
}
