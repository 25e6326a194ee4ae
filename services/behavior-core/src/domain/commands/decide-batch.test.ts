import { expect, test } from '@jest/globals';
import { aCommand } from '@waggle/testkit';
import fc from 'fast-check';
import type { Activity } from '../activities/activity.ts';
import { activityKey, type BatchState, type LoadedActivity } from './batch-state.ts';
import { decideBatch } from './decide-batch.ts';

const NOW = '2026-03-28T09:00:00Z';
const berlin: Activity = {
  workspaceId: 'ws_demo', id: 'act_0', userId: 'usr_0', type: 'habit', name: 'Drink water', channels: [], startsOn: '2026-03-01', archivedAt: null,
  version: 1, createdAt: '2026-03-01T00:00:00Z', updatedAt: '2026-03-01T00:00:00Z', timezone: 'Europe/Berlin',
};
const loaded = (activity: Activity): LoadedActivity => ({ activity, history: new Map(), occurrences: new Map() });
const given = (...activities: LoadedActivity[]): BatchState => ({
  operations: new Map(),
  answers: new Map(),
  activities: new Map(activities.map((one) => [activityKey(one.activity.workspaceId, one.activity.id), one])),
});

test('the same command twice in one batch is done once, and the second answer is the first marked duplicate', () => {
  const command = aCommand();
  const { verdicts, events } = decideBatch([command, { ...command, operation_id: 'op_other' }], given(loaded(berlin)), NOW);
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['processed', 'duplicate']);
  const [first, second] = verdicts;
  expect(second).toEqual({ outcome: 'duplicate', answer: { ...(first?.outcome === 'processed' && first.answer), status: 'duplicate' } });
  expect(events).toHaveLength(1);
});

test("the day is the user's: 23:30 UTC belongs to the next day in Berlin", () => {
  const { verdicts, events } = decideBatch([aCommand({ timestamp: '2026-03-27T23:30:00Z' })], given(loaded(berlin)), NOW);
  expect(verdicts[0]).toMatchObject({ answer: { activity: { today: { date: '2026-03-28', state: 'done' } } } });
  expect(events).toMatchObject([{ activity: { occurrence_date: '2026-03-28', streak: { current: 1, longest: 1 } } }]);
});

test('a backdated completion leaves today as it is and ends in the streak it deserves', () => {
  const { verdicts, events } = decideBatch([aCommand({ timestamp: '2026-03-20T12:00:00Z' })], given(loaded(berlin)), NOW);
  expect(verdicts[0]).toMatchObject({ answer: { status: 'processed', activity: { today: { date: '2026-03-28', state: 'pending' } } } });
  expect(events).toMatchObject([{ timestamp: '2026-03-20T12:00:00Z', activity: { streak: { current: 0, longest: 1 } } }]);
});

test('a task has one occurrence, whatever the day, and is completed by it', () => {
  const task = { ...berlin, type: 'task' as const };
  const commands = [aCommand({ timestamp: '2026-03-20T12:00:00Z' }), aCommand({ timestamp: '2026-03-21T12:00:00Z' })];
  const { verdicts, events } = decideBatch(commands, given(loaded(task)), NOW);
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['processed', 'unchanged']);
  expect(verdicts[0]).toMatchObject({ answer: { activity: { status: 'completed', streak: null, completion_rate_30d: null } } });
  expect(events).toMatchObject([{ activity: { type: 'task', occurrence_date: '2026-03-20', streak: null } }]);
});

test("another workspace's or user's activity does not exist, and leaves no answer behind", () => {
  const foreign = [aCommand({ workspaceId: 'ws_other' }), aCommand({ userId: 'usr_1' })];
  const { verdicts, answers } = decideBatch(foreign, given(loaded(berlin)), NOW);
  expect(verdicts).toMatchObject([{ refusal: { code: 'not_found' } }, { refusal: { code: 'not_found' } }]);
  expect(answers.size).toBe(0);
});

test('skipping what is done is refused, and may be asked again after it was undone', () => {
  const commands = [aCommand(), aCommand({ event: 'activity.skipped' })];
  const { verdicts, answers } = decideBatch(commands, given(loaded(berlin)), NOW);
  expect(verdicts).toMatchObject([{ outcome: 'processed' }, { outcome: 'refused', refusal: { code: 'invalid_transition' } }]);
  expect([...answers.keys()]).toEqual([commands[0]!.id]);
});

test('however commands are repeated and cut into batches, the effects are the same', () => {
  const commands = ['2026-03-01', '2026-03-02', '2026-03-03'].map((day) => aCommand({ id: `cmd_${day}`, timestamp: `${day}T12:00:00Z` }));
  const stream = fc.array(fc.constantFrom(...commands), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 20 }), (delivered, cut) => {
      const fresh = delivered.map((command, index) => ({ ...command, operation_id: `op_${index}` }));
      const whole = decideBatch(fresh, given(loaded(berlin)), NOW);
      const kept = loaded(berlin);
      const first = decideBatch(fresh.slice(0, cut), given(kept), NOW);
      const second = decideBatch(fresh.slice(cut), { ...given(kept), answers: first.answers }, NOW);
      expect([...first.events, ...second.events]).toEqual(whole.events);
      expect([...first.verdicts, ...second.verdicts]).toEqual(whole.verdicts);
      expect(whole.events).toHaveLength(new Set(delivered).size);
    }),
  );
});
