import { describe, expect, test } from '@jest/globals';
import { aRoutine } from '../../../test/builders.ts';
import { newOccurrence, type Occurrence } from './activity.ts';
import { changeOccurrence } from './change-occurrence.ts';
import type { OccurrenceAction } from './occurrence-change.ts';

const routine = aRoutine();
const at = '2026-03-28T08:12:44Z';

type Step = [action: OccurrenceAction, stepId?: string];

/** Plays commands one after the other; tells what each came to, and what was told. */
function play(steps: readonly Step[], from: Occurrence = newOccurrence('2026-03-28')) {
  let occurrence = from;
  const outcomes: string[] = [];
  const told: string[] = [];
  for (const [action, stepId] of steps) {
    const change = changeOccurrence(routine, occurrence, { action, at, stepId, until: action === 'snooze' ? '2026-03-28T09:00:00Z' : undefined });
    outcomes.push(change.kind === 'rejected' ? change.code : change.kind);
    if (change.kind !== 'changed') continue;
    ({ occurrence } = change);
    told.push(...change.told.map((one) => one.event));
  }
  return { occurrence, outcomes, told, steps: occurrence.steps?.map(({ state }) => state) };
}

describe('the run of a routine', () => {
  test.each<{ description: string; given: Step[]; state: string; told: string[]; steps?: string[] }>([
    { description: 'is begun by activation', given: [['activate']], state: 'pending', told: ['routine.activated'], steps: ['pending', 'pending'] },
    { description: 'is begun by its first step', given: [['complete_step', 'stp_2']], state: 'pending', told: ['routine.step_completed'], steps: ['pending', 'done'] },
    {
      description: 'is done when all of its steps are', given: [['activate'], ['complete_step', 'stp_1'], ['complete_step', 'stp_2']], state: 'done',
      told: ['routine.activated', 'routine.step_completed', 'routine.step_completed', 'activity.completed'], steps: ['done', 'done'],
    },
    {
      description: 'is skipped when all of its steps are', given: [['skip_step', 'stp_1'], ['skip_step', 'stp_2']], state: 'skipped',
      told: ['routine.step_skipped', 'routine.step_skipped', 'activity.skipped'], steps: ['skipped', 'skipped'],
    },
    {
      description: 'is partial when some are', given: [['complete_step', 'stp_1'], ['skip_step', 'stp_2']], state: 'partial',
      told: ['routine.step_completed', 'routine.step_skipped', 'routine.partial'], steps: ['done', 'skipped'],
    },
    {
      description: 'is done as a whole by completing the routine', given: [['complete']], state: 'done',
      told: ['routine.step_completed', 'routine.step_completed', 'activity.completed'], steps: ['done', 'done'],
    },
    {
      description: 'closes by the same rule when the routine is completed with a step skipped', given: [['skip_step', 'stp_1'], ['complete']], state: 'partial',
      told: ['routine.step_skipped', 'routine.step_completed', 'routine.partial'], steps: ['skipped', 'done'],
    },
    {
      description: 'that closed as partial is made done by completing', given: [['skip_step', 'stp_1'], ['complete_step', 'stp_2'], ['complete']], state: 'done',
      told: ['routine.step_skipped', 'routine.step_completed', 'routine.partial', 'activity.completed'], steps: ['skipped', 'done'],
    },
    { description: 'is skipped as a whole before it has begun', given: [['skip']], state: 'skipped', told: ['activity.skipped'] },
    {
      description: 'that is open is closed by skipping the routine', given: [['complete_step', 'stp_1'], ['skip']], state: 'partial',
      told: ['routine.step_completed', 'routine.step_skipped', 'routine.partial'], steps: ['done', 'skipped'],
    },
    {
      description: 'a skipped step may still be done', given: [['skip_step', 'stp_1'], ['complete_step', 'stp_1'], ['complete_step', 'stp_2']], state: 'done',
      told: ['routine.step_skipped', 'routine.step_completed', 'routine.step_completed', 'activity.completed'], steps: ['done', 'done'],
    },
    { description: 'goes on from a snooze with a step', given: [['snooze'], ['complete_step', 'stp_1']], state: 'pending', told: ['activity.snoozed', 'routine.step_completed'], steps: ['done', 'pending'] },
    { description: 'begins anew after it was reopened', given: [['complete'], ['reopen'], ['activate']], state: 'pending', told: ['routine.step_completed', 'routine.step_completed', 'activity.completed', 'activity.reopened', 'routine.activated'], steps: ['pending', 'pending'] },
  ])('$description', ({ given, state, told, steps }) => {
    const played = play(given);
    expect(played.occurrence).toMatchObject({ state, snoozedUntil: null });
    expect(played.told).toEqual(told);
    expect(played.steps).toEqual(steps);
  });

  test.each<{ description: string; given: Step[]; outcome: string }>([
    { description: 'a second activation changes nothing', given: [['activate'], ['activate']], outcome: 'unchanged' },
    { description: 'an activation after closing changes nothing', given: [['complete'], ['activate']], outcome: 'unchanged' },
    { description: 'what was skipped as a whole cannot be activated', given: [['skip'], ['activate']], outcome: 'invalid_transition' },
    { description: 'a step after closing is refused', given: [['complete'], ['complete_step', 'stp_1']], outcome: 'invalid_transition' },
    { description: 'an unknown step is not found, after closing too', given: [['complete'], ['complete_step', 'stp_other']], outcome: 'not_found' },
    { description: 'a step that is done is done', given: [['complete_step', 'stp_1'], ['complete_step', 'stp_1']], outcome: 'unchanged' },
    { description: 'a step that is done cannot be skipped', given: [['complete_step', 'stp_1'], ['skip_step', 'stp_1']], outcome: 'invalid_transition' },
    { description: 'completing what is done changes nothing', given: [['complete'], ['complete']], outcome: 'unchanged' },
  ])('$description', ({ given, outcome }) => {
    expect(play(given).outcomes.at(-1)).toBe(outcome);
  });

  test('that was missed is made done by completing, whatever its steps were', () => {
    const missed = { ...play([['skip_step', 'stp_1']]).occurrence, state: 'missed' as const, run: 'closed' as const };
    expect(play([['complete']], missed)).toMatchObject({ occurrence: { state: 'done' }, told: ['routine.step_completed', 'activity.completed'] });
    expect(play([['complete_step', 'stp_2']], missed).outcomes).toEqual(['invalid_transition']);
  });

  test('tells the steps as they were at each event', () => {
    const change = changeOccurrence(routine, newOccurrence('2026-03-28'), { action: 'complete', at });
    expect(change).toMatchObject({
      told: [
        { event: 'routine.step_completed', stepId: 'stp_1', steps: [{ state: 'done' }, { state: 'pending' }] },
        { event: 'routine.step_completed', stepId: 'stp_2', steps: [{ state: 'done' }, { state: 'done' }] },
        { event: 'activity.completed' },
      ],
    });
  });

  test('without steps is closed by the routine alone', () => {
    const empty = aRoutine({ steps: [] });
    for (const [action, state] of [['complete', 'done'], ['skip', 'skipped']] as const) {
      const active = changeOccurrence(empty, newOccurrence('2026-03-28'), { action: 'activate', at });
      expect(active).toMatchObject({ kind: 'changed', occurrence: { run: 'open', state: 'pending' } });
      const begun = { ...newOccurrence('2026-03-28'), run: 'open' as const, steps: [] };
      expect(changeOccurrence(empty, begun, { action, at })).toMatchObject({ occurrence: { state, run: 'closed' } });
    }
  });
});
