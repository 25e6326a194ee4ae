import { describe, expect, test } from '@jest/globals';
import type { OccurrenceState } from '@waggle/contracts';
import fc from 'fast-check';
import { dayNumber } from '../local-date.ts';
import { computeCompletionRate, computeStreak } from './streak.ts';

const TODAY = '2026-03-28';
const habit = { type: 'habit', startsOn: '2026-03-01' } as const;
const STATES: Record<string, OccurrenceState> = { d: 'done', s: 'skipped', m: 'missed', p: 'partial', z: 'snoozed', o: 'pending' };

/** One letter a day, the last one today; `-` is a day without a record. */
function historyOf(letters: string) {
  const first = dayNumber(TODAY) - letters.length + 1;
  return new Map(Array.from(letters).flatMap((letter, index) => (letter === '-' ? [] : [[first + index, STATES[letter]!] as const])));
}

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
  ])('$days is $current, at best $longest: it $description', ({ days, current, longest }) => {
    expect(computeStreak(habit, historyOf(days), TODAY)).toEqual({ current, longest });
  });

  test('of a task is none', () => {
    expect(computeStreak({ type: 'task' }, historyOf('d'), TODAY)).toBeNull();
  });

  /** The rule in other words: split at misses; neutral days vanish. */
  test('is what a naive reading of the rule gives, for any history', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('d', 's', 'm', 'p', '-'), minLength: 1, maxLength: 60 }), (days) => {
        const logged = days.replace(/^-+/, '').replace(/-$/, '');
        const rows = logged.replaceAll(/[sp]/g, '').split(/[m-]/).map(({ length }) => length);
        expect(computeStreak(habit, historyOf(days), TODAY)).toEqual({ current: rows.at(-1), longest: Math.max(...rows) });
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
  ])('of "$days" since $startsOn is $rate: it $description', ({ days, startsOn, rate }) => {
    expect(computeCompletionRate({ type: 'habit', startsOn }, historyOf(days), TODAY)).toBe(rate);
  });

  test('looks back 30 days', () => {
    expect(computeCompletionRate({ type: 'habit', startsOn: '2025-01-01' }, historyOf(`m${'d'.repeat(30)}`), TODAY)).toBe(1);
    expect(computeCompletionRate({ type: 'habit', startsOn: '2025-01-01' }, historyOf(`m${'d'.repeat(29)}`), TODAY)).toBe(29 / 30);
  });
});
