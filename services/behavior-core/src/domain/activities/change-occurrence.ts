import type { OccurrenceState } from '@waggle/contracts';
import { channelOf, type Activity, type Occurrence } from './activity.ts';

export type OccurrenceAction = 'complete' | 'skip';

export type OccurrenceChange =
  | { kind: 'changed'; occurrence: Occurrence }
  | { kind: 'unchanged' }
  | { kind: 'rejected'; code: 'activity_archived' | 'invalid_transition'; detail: string };

// The contract's table (section 2): what each action makes of an occurrence in each state. Its own state means unchanged, null a 409.
const TRANSITIONS: Record<OccurrenceAction, Record<OccurrenceState, OccurrenceState | null>> = {
  complete: { pending: 'done', snoozed: 'done', done: 'done', skipped: 'done', missed: 'done', partial: 'done' },
  skip: { pending: 'skipped', snoozed: 'skipped', done: null, skipped: 'skipped', missed: 'skipped', partial: null },
};

/** Every rule about changing an occurrence lives here and nowhere else. `at`: when it happened, in UTC. */
export function changeOccurrence(
  activity: Activity,
  occurrence: Occurrence,
  { action, channel, at }: { action: OccurrenceAction; channel?: string | undefined; at: string },
): OccurrenceChange {
  if (activity.archivedAt !== null) return { kind: 'rejected', code: 'activity_archived', detail: `${activity.id} is archived` };
  const state = TRANSITIONS[action][occurrence.state];
  if (state === null) return { kind: 'rejected', code: 'invalid_transition', detail: `Cannot ${action} what is ${occurrence.state}` };
  if (state === occurrence.state) return { kind: 'unchanged' };
  return { kind: 'changed', occurrence: { ...occurrence, state, channel: channelOf(activity, channel), at } };
}
