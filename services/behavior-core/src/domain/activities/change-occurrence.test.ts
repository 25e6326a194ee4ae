import { describe, expect, test } from '@jest/globals';
import type { OccurrenceState } from '@waggle/contracts';
import { newOccurrence, type Activity } from './activity.ts';
import { changeOccurrence, type OccurrenceAction } from './change-occurrence.ts';

const habit: Activity = {
  workspaceId: 'ws_1', id: 'act_1', userId: 'usr_1', type: 'habit', name: 'Drink water', channels: ['telegram'], startsOn: '2026-03-01',
  archivedAt: null, version: 1, createdAt: '2026-03-01T00:00:00Z', updatedAt: '2026-03-01T00:00:00Z', timezone: 'UTC',
};
const at = '2026-03-28T08:12:44Z';
const inState = (state: OccurrenceState) => ({ ...newOccurrence('2026-03-28'), state });

describe('an occurrence', () => {
  test.each<{ state: OccurrenceState; complete: string; skip: string }>([
    { state: 'pending', complete: 'done', skip: 'skipped' },
    { state: 'snoozed', complete: 'done', skip: 'skipped' },
    { state: 'done', complete: 'unchanged', skip: 'rejected' },
    { state: 'skipped', complete: 'done', skip: 'unchanged' },
    { state: 'missed', complete: 'done', skip: 'skipped' },
    { state: 'partial', complete: 'done', skip: 'rejected' },
  ])('that is $state: completing gives $complete, skipping gives $skip', ({ state, complete, skip }) => {
    for (const [action, expected] of [['complete', complete], ['skip', skip]] satisfies [OccurrenceAction, string][]) {
      const change = changeOccurrence(habit, inState(state), { action, at });
      expect(change.kind === 'changed' ? change.occurrence.state : change.kind).toBe(expected);
    }
  });

  test('keeps when it was changed and by which channel', () => {
    expect(changeOccurrence(habit, inState('pending'), { action: 'complete', channel: 'slack', at })).toEqual({
      kind: 'changed', occurrence: { date: '2026-03-28', state: 'done', channel: 'slack', at },
    });
  });

  test.each([
    { channel: 'slack', channels: ['telegram'], expected: 'slack', description: "the command's" },
    { channel: undefined, channels: ['telegram', 'slack'], expected: 'telegram', description: "else the activity's first" },
    { channel: undefined, channels: [], expected: 'api', description: 'else api' },
  ])('names the channel: $description', ({ channel, channels, expected }) => {
    const change = changeOccurrence({ ...habit, channels }, inState('pending'), { action: 'skip', channel, at });
    expect(change).toMatchObject({ occurrence: { channel: expected } });
  });

  test('of an archived activity is left alone, done before or not', () => {
    const archived = { ...habit, archivedAt: at };
    expect(changeOccurrence(archived, inState('done'), { action: 'complete', at })).toMatchObject({ code: 'activity_archived' });
  });
});
