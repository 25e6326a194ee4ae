import { eventFilters } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import { toSelection } from './selection.ts';

const select = (filters: object, { userId, isSystemKey = true }: { userId?: string; isSystemKey?: boolean } = {}) =>
  toSelection(eventFilters.parse(filters), { workspaceId: 'ws_demo', userId, isSystemKey });

test('a system key without filters selects every type, also those of later releases', () => {
  expect(select({})).toMatchObject({ eventTypes: null, userId: null, entityId: null, recordedFrom: null, order: 'asc' });
  expect(select({ event: '*' }).eventTypes).toBeNull();
});

test('a family selects its types and an exact name one', () => {
  expect(select({ event: 'award.*' }).eventTypes?.every((type) => type.startsWith('award.'))).toBe(true);
  expect(select({ event: 'activity.skipped' }).eventTypes).toEqual(['activity.skipped']);
});

test.each([{}, { event: '*' }, { event: 'award.*' }, { event: 'award.granted' }, { event: 'activity.*' }])('a user key with %j selects no award', (filters) => {
  const { eventTypes } = select(filters, { userId: 'usr_1', isSystemKey: false });
  expect(eventTypes?.filter((type) => type.startsWith('award.'))).toEqual([]);
});

test.each([
  ['since alone', { since: '2026-03-28T08:00:00Z' }, '2026-03-28T07:00:00.000Z'],
  ['recorded_since alone', { recorded_since: '2026-03-28T08:00:00Z' }, '2026-03-28T08:00:00.000Z'],
  ['both, since decides', { since: '2026-03-28T08:00:00Z', recorded_since: '2026-03-01T00:00:00Z' }, '2026-03-28T07:00:00.000Z'],
  ['both, recorded_since decides', { since: '2026-03-28T08:00:00Z', recorded_since: '2026-03-28T09:30:00+02:00' }, '2026-03-28T07:30:00.000Z'],
])('the walk begins an hour before since, or at recorded_since: %s', (_, filters, expected) => {
  expect(select(filters).recordedFrom?.toISOString()).toBe(expected);
});
