import { expect, test } from '@jest/globals';
import { isInside } from './campaign.ts';
import { periodOf } from './period.ts';

const at = (occurred_at: string) => ({ id: 'iev_1', occurred_at });

test.each([
  { recurrence: 'once', occurred: '2026-01-02T03:04:05Z', period: 'once', description: 'once is one period for ever' },
  { recurrence: 'daily', occurred: '2026-01-02T00:00:00Z', period: '2026-01-02', description: 'a UTC day begins at midnight' },
  { recurrence: 'daily', occurred: '2026-01-02T23:59:59.999Z', period: '2026-01-02', description: 'and lasts to its last millisecond' },
  { recurrence: 'weekly', occurred: '2026-01-04T23:59:59Z', period: '2026-W01', description: 'an ISO week ends with Sunday' },
  { recurrence: 'weekly', occurred: '2026-01-05T00:00:00Z', period: '2026-W02', description: 'and begins with Monday' },
  { recurrence: 'weekly', occurred: '2025-12-29T12:00:00Z', period: '2026-W01', description: 'the days before New Year may belong to the next year' },
  { recurrence: 'weekly', occurred: '2027-01-03T12:00:00Z', period: '2026-W53', description: 'the days after it to the last' },
  { recurrence: 'weekly', occurred: '0001-01-01T00:00:00Z', period: '0001-W01', description: 'any past' },
  { recurrence: 'unlimited', occurred: '2026-01-02T03:04:05Z', period: 'iev_1', description: 'each event is its own period' },
] as const)('$recurrence at $occurred is $period: $description', ({ recurrence, occurred, period }) => {
  expect(periodOf(recurrence, at(occurred))).toBe(period);
});

test.each([
  { occurred: '2026-01-01T00:00:00Z', inside: true, description: 'its start belongs to a window' },
  { occurred: '2025-12-31T23:59:59.999Z', inside: false, description: 'what is before does not' },
  { occurred: '2026-01-31T23:59:59.999Z', inside: true, description: 'the last moment does' },
  { occurred: '2026-02-01T00:00:00Z', inside: false, description: 'its end does not' },
])('$description', ({ occurred, inside }) => {
  expect(isInside({ startsAt: new Date('2026-01-01T00:00:00Z'), endsAt: new Date('2026-02-01T00:00:00Z') }, occurred)).toBe(inside);
});

test('a window that is open on both sides holds every time', () => {
  expect(isInside({ startsAt: null, endsAt: null }, '0001-01-01T00:00:00Z')).toBe(true);
});
