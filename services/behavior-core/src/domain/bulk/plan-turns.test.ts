import type { BulkCommand } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dealIntoLanes, planTurns, sizeOf } from './plan-turns.ts';

const turnsOf = (records: readonly BulkCommand[], itemsMax: number) => [...planTurns(records, () => itemsMax)];

function aRecord(given: { user: string | null; indexes: readonly number[]; operation?: string }): BulkCommand {
  const { user, indexes, operation = 'op_1' } = given;
  const body = (index: number) => ({ event: 'activity.completed' as const, activity_id: 'act_1', user_id: String(user), timestamp: new Date(index).toISOString() });
  return {
    kind: 'bulk', operation_id: operation, workspace_id: 'ws_1', user_id: user, creator_user_id: null, accepted_at: '2026-03-28T08:12:44Z', reply_to: null,
    is_synchronous: false, total: null,
    items: user === null ? [] : indexes.map((index) => ({ index, id: `cmd_${index}`, digest: null, body: body(index) })),
    refused: user === null ? indexes.map((index) => ({ index, activity_id: null, error: { code: 'validation_failed', detail: 'bad' } })) : [],
  };
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, offset) => first + offset);

test("users take turns, and a long record does not keep a short one waiting", () => {
  const turns = turnsOf([aRecord({ user: 'long', indexes: from(0, 400) }), aRecord({ user: 'short', indexes: [1_000] })], 100);
  expect(turns[0]!.some(({ user_id }) => user_id === 'short')).toBe(true);
  expect(turns).toHaveLength(5);
});

test('a record that tells only the total is handled too', () => {
  expect(turnsOf([aRecord({ user: null, indexes: [] })], 100)).toEqual([[expect.objectContaining({ items: [], refused: [] })]]);
});

test('whatever the records: each item once, the order of each user kept, and no turn too large', () => {
  const record = fc.record({ user: fc.constantFrom('usr_1', 'usr_2', 'usr_3', null), count: fc.integer({ min: 0, max: 120 }) });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), (given) => {
      const records = given.map(({ user, count }, n) => aRecord({ user, indexes: from(n * 1_000, count) }));
      const turns = turnsOf(records, 60);
      const parts = turns.flat();
      for (const user of ['usr_1', 'usr_2', 'usr_3']) {
        const of = (all: readonly BulkCommand[]) => all.filter(({ user_id }) => user_id === user).flatMap(({ items }) => items.map(({ index }) => index));
        expect(of(parts)).toEqual(of(records));
      }
      expect(parts.reduce((sum, part) => sum + sizeOf(part), 0)).toBe(records.reduce((sum, part) => sum + sizeOf(part), 0));
      for (const turn of turns) expect(turn.reduce((sum, { items }) => sum + items.length, 0)).toBeLessThanOrEqual(60);
    }),
  );
});

test('lanes share the records among them, and no user is in two', () => {
  const records = from(0, 40).map((n) => aRecord({ user: `usr_${n % 9}`, indexes: [n] }));
  const lanes = dealIntoLanes(records, 2);
  expect(lanes.flat()).toHaveLength(40);
  const [one, two] = lanes.map((lane) => new Set(lane.map(({ user_id }) => user_id)));
  expect(one!.isDisjointFrom(two!)).toBe(true);
  expect([one!.size, two!.size]).toEqual([5, 4]);
});
