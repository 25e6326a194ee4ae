import type { BulkItem } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createGrouping } from './group-items.ts';

const head = {
  kind: 'bulk' as const, operation_id: 'op_1', workspace_id: 'ws_1', creator_user_id: null, accepted_at: '2026-03-28T08:12:44Z', is_synchronous: false, total: null,
};

function anItem(index: number, user_id = 'usr_1', activity_id = 'act_1'): BulkItem {
  return { index, id: `cmd_${index}`, digest: null, body: { event: 'activity.completed', user_id, activity_id, timestamp: '2026-03-28T08:12:44Z' } };
}

test('items of one user share a record, of at most 500 items', () => {
  const grouping = createGrouping(head);
  for (let index = 0; index < 1_200; index++) grouping.add(anItem(index));
  expect(grouping.flush().map(({ user_id, items }) => [user_id, items.length])).toEqual([['usr_1', 500], ['usr_1', 500], ['usr_1', 200]]);
  expect(grouping.held()).toBe(0);
  expect(grouping.flush()).toEqual([]);
});

test('a record is at most 256 K characters', () => {
  const grouping = createGrouping(head);
  for (let index = 0; index < 20; index++) grouping.add(anItem(index, 'usr_1', `act_${'x'.repeat(50_000)}`));
  const parts = grouping.flush();
  expect(parts).toHaveLength(4);
  for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(270_000);
});

test('items that are not valid go by themselves, with what is wrong', () => {
  const grouping = createGrouping(head);
  grouping.add(anItem(0));
  grouping.refuse({ index: 1, activity_id: null, error: { code: 'validation_failed', detail: 'bad' } });
  expect(grouping.flush()).toMatchObject([
    { user_id: 'usr_1', items: [{ index: 0 }], refused: [] },
    { user_id: null, items: [], refused: [{ index: 1, error: { code: 'validation_failed' } }] },
  ]);
});

test('whatever comes and whenever it is flushed, each user gets its items in order, once', () => {
  const users = fc.array(fc.tuple(fc.constantFrom('usr_1', 'usr_2', 'usr_3'), fc.boolean()), { maxLength: 2_000 });
  fc.assert(
    fc.property(users, (given) => {
      const grouping = createGrouping(head);
      const parts = given.flatMap(([user, flushes], index) => {
        grouping.add(anItem(index, user));
        return flushes && index % 7 === 0 ? grouping.flush() : [];
      });
      parts.push(...grouping.flush());
      for (const user of ['usr_1', 'usr_2', 'usr_3']) {
        const expected = given.flatMap(([owner], index) => (owner === user ? [index] : []));
        expect(parts.filter(({ user_id }) => user_id === user).flatMap(({ items }) => items.map(({ index }) => index))).toEqual(expected);
      }
    }),
    { numRuns: 50 },
  );
});
