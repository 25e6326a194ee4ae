import { describe, expect, test } from '@jest/globals';
import type { OccurrenceState } from '@waggle/contracts';
import { anActivity, aRoutine } from '../../../test/builders.ts';
import { newOccurrence } from './activity.ts';
import { changeOccurrence } from './change-occurrence.ts';
import type { OccurrenceAction, OccurrenceCommand } from './occurrence-change.ts';

const habit = anActivity();
const at = '2026-03-28T08:12:44Z';
const until = '2026-03-28T09:00:00Z';
const inState = (state: OccurrenceState) => ({ ...newOccurrence('2026-03-28'), state, snoozedUntil: state === 'snoozed' ? '2026-03-28T08:30:00Z' : null });
const commandOf = (action: OccurrenceAction): OccurrenceCommand => ({ action, at, until: action === 'snooze' ? until : undefined });

describe('an occurrence', () => {
  // The contract's table, section 2.
  test.each<{ state: OccurrenceState; complete: string; skip: string; snooze: string; reopen: string }>([
    { state: 'pending', complete: 'done', skip: 'skipped', snooze: 'snoozed', reopen: 'unchanged' },
    { state: 'snoozed', complete: 'done', skip: 'skipped', snooze: 'snoozed', reopen: 'pending' },
    { state: 'done', complete: 'unchanged', skip: 'invalid_transition', snooze: 'invalid_transition', reopen: 'pending' },
    { state: 'skipped', complete: 'done', skip: 'unchanged', snooze: 'invalid_transition', reopen: 'pending' },
    { state: 'missed', complete: 'done', skip: 'skipped', snooze: 'invalid_transition', reopen: 'unchanged' },
    { state: 'partial', complete: 'done', skip: 'invalid_transition', snooze: 'invalid_transition', reopen: 'pending' },
  ])('that is $state', ({ state, ...expected }) => {
    for (const action of ['complete', 'skip', 'snooze', 'reopen'] as const) {
      const change = changeOccurrence(habit, inState(state), commandOf(action));
      const outcome = change.kind === 'changed' ? change.occurrence.state : change.kind === 'rejected' ? change.code : change.kind;
      expect([action, outcome]).toEqual([action, expected[action]]);
    }
  });

  test('keeps when it was changed and by which channel, and tells it', () => {
    const { occurrence, told } = changed(changeOccurrence(habit, inState('snoozed'), { ...commandOf('complete'), channel: 'slack' }));
    expect(occurrence).toEqual({ ...newOccurrence('2026-03-28'), state: 'done', channel: 'slack', at });
    expect(told).toEqual([{ event: 'activity.completed' }]);
  });

  test.each([
    { channel: 'slack', channels: ['telegram'], expected: 'slack', description: "the command's" },
    { channel: undefined, channels: ['telegram', 'slack'], expected: 'telegram', description: "else the activity's first" },
    { channel: undefined, channels: [], expected: 'api', description: 'else api' },
  ])('names the channel: $description', ({ channel, channels, expected }) => {
    expect(changeOccurrence(anActivity({ channels }), inState('pending'), { ...commandOf('skip'), channel })).toMatchObject({ occurrence: { channel: expected } });
  });

  test('snoozed until the same time again is unchanged, until another time it is snoozed anew', () => {
    const snoozed = { ...inState('snoozed'), snoozedUntil: until };
    expect(changeOccurrence(habit, snoozed, commandOf('snooze'))).toEqual({ kind: 'unchanged' });
    expect(changeOccurrence(habit, snoozed, { ...commandOf('snooze'), until: '2026-03-28T10:00:00Z' })).toMatchObject({
      occurrence: { state: 'snoozed', snoozedUntil: '2026-03-28T10:00:00Z' }, told: [{ event: 'activity.snoozed' }],
    });
  });

  test('reopened is as if nothing had happened', () => {
    const done = { ...inState('done'), channel: 'slack', at };
    expect(changed(changeOccurrence(habit, done, commandOf('reopen')))).toEqual({ kind: 'changed', occurrence: newOccurrence('2026-03-28'), told: [{ event: 'activity.reopened' }] });
  });

  test('of an archived activity is left alone, done before or not', () => {
    expect(changeOccurrence(anActivity({ archivedAt: at }), inState('done'), commandOf('complete'))).toMatchObject({ code: 'activity_archived' });
  });

  test('on a day without one, completing is recorded, once, and the rest is refused', () => {
    const nothing = newOccurrence('2026-03-28', false);
    const { occurrence } = changed(changeOccurrence(habit, nothing, commandOf('complete')));
    expect(occurrence).toMatchObject({ state: 'done', scheduled: false });
    expect(changeOccurrence(habit, occurrence, commandOf('complete'))).toEqual({ kind: 'unchanged' });
    for (const action of ['skip', 'snooze', 'reopen'] as const) {
      for (const before of [nothing, occurrence]) expect(changeOccurrence(habit, before, commandOf(action))).toMatchObject({ code: 'invalid_transition' });
    }
  });

  test('has only the steps that there are, whatever the day', () => {
    for (const occurrence of [inState('pending'), inState('done'), newOccurrence('2026-03-28', false)]) {
      for (const action of ['complete_step', 'skip_step'] as const) {
        expect(changeOccurrence(aRoutine(), occurrence, { ...commandOf(action), stepId: 'stp_9' })).toMatchObject({ code: 'not_found' });
      }
    }
    expect(changeOccurrence(aRoutine(), newOccurrence('2026-03-28', false), { ...commandOf('complete_step'), stepId: 'stp_1' })).toMatchObject({ code: 'invalid_transition' });
    expect(changeOccurrence(aRoutine({ archivedAt: at }), inState('pending'), { ...commandOf('complete_step'), stepId: 'stp_9' })).toMatchObject({ code: 'activity_archived' });
  });

  test('of a habit has no run', () => {
    expect(changeOccurrence(habit, inState('pending'), commandOf('activate'))).toMatchObject({ code: 'invalid_transition' });
    expect(changeOccurrence(habit, inState('pending'), { ...commandOf('complete_step'), stepId: 'stp_1' })).toMatchObject({ code: 'not_found' });
  });
});

function changed(change: ReturnType<typeof changeOccurrence>) {
  if (change.kind !== 'changed') throw new Error(`It is ${change.kind}`);
  return change;
}
