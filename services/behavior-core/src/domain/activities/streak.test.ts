import { describe, expect, test } from '@jest/globals';
import type { OccurrenceState } from '@waggle/contracts';
import fc from 'fast-check';
import { anActivity } from '../../../test/builders.ts';
import { dateOfDay, dayNumber } from '../local-date.ts';
import { newOccurrence, type Activity } from './activity.ts';
import { loadedActivity, record } from './loaded-activity.ts';
import { presentOf } from './present.ts';
import { computeCompletionRate, computeStreak } from './streak.ts';

const TODAY = '2026-03-28';
const NOW = `${TODAY}T12:00:00Z`;
const STATES: Record<string, OccurrenceState> = { d: 'done', s: 'skipped', m: 'missed', p: 'partial', z: 'snoozed', o: 'pending', x: 'done' };

/** One letter a day, the last one today; `-` is a day without a record, `x` one done on a day without an occurrence. */
function given(letters: string, activity: Partial<Activity> = {}) {
  const loaded = loadedActivity(anActivity(activity));
  const first = dayNumber(TODAY) - letters.length + 1;
  for (const [index, letter] of Array.from(letters).entries()) {
    if (letter !== '-') record(loaded, { ...newOccurrence(dateOfDay(first + index), letter !== 'x'), state: STATES[letter]!, snoozedUntil: letter === 'z' ? `${dateOfDay(first + index)}T20:00:00Z` : null });
  }
  return loaded;
}

const streakOf = (days: string, activity?: Partial<Activity>) => computeStreak(given(days, activity), presentOf(given(days, activity).activity, NOW));
const rateOf = (days: string, activity?: Partial<Activity>) => computeCompletionRate(given(days, activity), presentOf(given(days, activity).activity, NOW));

describe('a streak', () => {
  test.each([
    { days: '-', current: 0, longest: 0, description: 'is nothing before the first day' },
    { days: 'd', current: 1, longest: 1, description: 'begins with the first day done' },
    { days: 'dd-', current: 2, longest: 2, description: 'is not ended by what is still open today' },
    { days: 'dd-d', current: 1, longest: 2, description: 'is ended by a day without a record' },
    { days: 'ddmd', current: 1, longest: 2, description: 'is ended by a miss' },
    { days: 'dsd', current: 2, longest: 2, description: 'goes on over a skipped day' },
    { days: 'dpd', current: 2, longest: 2, description: 'goes on over a partial day' },
    { days: 'd--', current: 0, longest: 1, description: 'is over once a day has passed without a record' },
    { days: 'dzd', current: 1, longest: 1, description: 'is ended by a day that stayed snoozed' },
    { days: 'dddo', current: 3, longest: 3, description: 'waits for an undone day' },
    { days: 'dxd', current: 2, longest: 2, description: 'is left alone by what is done on a day without an occurrence' },
    { days: 'x', current: 0, longest: 0, description: 'does not begin on a day without an occurrence' },
  ])('$days is $current, at best $longest: it $description', ({ days, current, longest }) => {
    expect(streakOf(days)).toEqual({ current, longest });
  });

  test.each([
    { recurrence: 'RRULE:FREQ=WEEKLY;BYDAY=SA', days: 'd------d', current: 2, description: 'counts scheduled days only' },
    { recurrence: 'RRULE:FREQ=WEEKLY;BYDAY=FR', days: 'd------d-', current: 2, description: 'and does not wait for a day without an occurrence' },
    { recurrence: 'RRULE:FREQ=WEEKLY;BYDAY=FR', days: 'd--------------', current: 0, description: 'and ends with a scheduled day that passed' },
  ])('of $recurrence with $days is $current: it $description', ({ recurrence, days, current }) => {
    expect(streakOf(days, { recurrence })).toMatchObject({ current });
  });

  test('counts days before the creation from the first logged one on', () => {
    expect(streakOf('dd-d', { startsOn: TODAY })).toEqual({ current: 1, longest: 2 });
    expect(streakOf('dd-d', { startsOn: '2026-03-26', createdOn: TODAY })).toEqual({ current: 1, longest: 2 });
  });

  test('takes a judged day without a record for one without an occurrence, whatever the schedule says now', () => {
    expect(streakOf('d--d', { settledUntil: TODAY })).toEqual({ current: 2, longest: 2 });
  });

  test('is not ended by days in the archive', () => {
    expect(streakOf('dd--', { archivedAt: '2026-03-27T08:00:00Z' })).toEqual({ current: 2, longest: 2 });
  });

  test('counts on with what is recorded meanwhile, also years before', () => {
    const loaded = given('dd', { startsOn: '2026-03-27' });
    const present = presentOf(loaded.activity, NOW);
    expect(computeStreak(loaded, present)).toEqual({ current: 2, longest: 2 });
    for (const date of ['2020-01-03', '2020-01-02', '2020-01-01']) record(loaded, { ...newOccurrence(date), state: 'done' });
    expect(computeStreak(loaded, present)).toEqual({ current: 2, longest: 3 });
    record(loaded, { ...newOccurrence('2026-03-29'), state: 'done' });
    expect(computeStreak(loaded, present)).toEqual({ current: 3, longest: 3 });
  });

  test('counts a day that was missed where the user was before, although it is still to come where the user is now', () => {
    const loaded = given('dd');
    record(loaded, { ...newOccurrence('2026-03-29'), state: 'missed' });
    expect(computeStreak(loaded, presentOf(loaded.activity, NOW))).toEqual({ current: 0, longest: 2 });
  });

  test('of a task is none', () => {
    expect(streakOf('d', { type: 'task' })).toBeNull();
  });

  /** The rule in other words: split at misses; neutral days vanish. */
  test('is what a naive reading of the rule gives, for any history', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('d', 's', 'm', 'p', '-'), minLength: 1, maxLength: 60 }), (days) => {
        const logged = days.replace(/^-+/, '').replace(/-$/, '');
        const rows = logged.replaceAll(/[sp]/g, '').split(/[m-]/).map(({ length }) => length);
        expect(streakOf(days)).toEqual({ current: rows.at(-1), longest: Math.max(...rows) });
      }),
    );
  });
});

describe('the completion rate', () => {
  test.each([
    { days: '', startsOn: TODAY, rate: null, description: 'is none where nothing is settled' },
    { days: 'd', startsOn: TODAY, rate: 1, description: 'counts today once it is done' },
    { days: 'dm-', startsOn: '2026-03-26', rate: 0.5, description: 'leaves today out while it is open' },
    { days: 'd--', startsOn: '2026-03-26', rate: 0.5, description: 'takes a past day without a record for a miss' },
    { days: 'ds-', startsOn: '2026-03-26', rate: 1, description: 'leaves skipped days out' },
    { days: 'dpp', startsOn: '2026-03-26', rate: 1 / 3, description: 'counts partial days against it' },
    { days: 'd', startsOn: '2026-03-27', rate: 0.5, description: 'counts from the day of creation' },
    { days: 'd-d', startsOn: TODAY, rate: 2 / 3, description: 'counts from the first logged day where that is earlier' },
    { days: 'dx', startsOn: '2026-03-27', rate: 1, description: 'leaves days without an occurrence out' },
  ])('of "$days" since $startsOn is $rate: it $description', ({ days, startsOn, rate }) => {
    expect(rateOf(days, { startsOn })).toBe(rate);
  });

  test('looks back 30 days', () => {
    expect(rateOf(`m${'d'.repeat(30)}`, { startsOn: '2025-01-01' })).toBe(1);
    expect(rateOf(`m${'d'.repeat(29)}`, { startsOn: '2025-01-01' })).toBe(29 / 30);
  });

  test('of a task is none', () => {
    expect(rateOf('d', { type: 'task' })).toBeNull();
  });
});
