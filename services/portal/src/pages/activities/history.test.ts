import { expect, test } from '@jest/globals';
import { historyOf, weeksUntil } from './history.ts';

const on = (event: string, day: string, entity = 'activity') => ({ event, [entity]: { occurrence_date: day } });

test('the last word about a day counts, and a reopened day is open', () => {
  const days = historyOf([
    on('activity.missed', '2026-03-01'), on('activity.completed', '2026-03-01'), on('activity.completed', '2026-03-02'), on('activity.reopened', '2026-03-02'),
    on('activity.skipped', '2026-03-03'), on('routine.partial', '2026-03-04', 'routine'), { event: 'activity.created', activity: {} },
  ]);
  expect([...days]).toEqual([['2026-03-01', 'done'], ['2026-03-03', 'skipped'], ['2026-03-04', 'partial']]);
});

test.each([
  ['a Saturday', '2026-03-28', '2026-03-16', '2026-03-29'],
  ['a Monday', '2026-03-23', '2026-03-16', '2026-03-29'],
  ['a Sunday', '2026-03-29', '2026-03-16', '2026-03-29'],
])('weeks begin on Mondays, and %s is in the last', (_, today, first, last) => {
  const weeks = weeksUntil(today, 2);
  expect([weeks.length, weeks[0]?.[0], weeks[1]?.[6]]).toEqual([2, first, last]);
  expect(weeks[1]).toContain(today);
});
