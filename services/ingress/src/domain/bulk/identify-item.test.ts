import type { InstructionBody } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import { createItemIdentities } from './identify-item.ts';

const body = (timestamp: string, channel?: string): InstructionBody => ({ event: 'activity.completed', user_id: 'usr_1', activity_id: 'act_1', timestamp, channel });
const monday = body('2026-03-23T08:00:00Z');
const onSlack = body('2026-03-23T08:00:00Z', 'slack');
const tuesday = body('2026-03-24T08:00:00Z');

test('without a key an item is what it asks for, wherever it stands', () => {
  const identify = createItemIdentities('ws_1', null);
  expect(identify(0, monday).id).toBe(identify(7, monday).id);
  expect(identify(8, tuesday).id).not.toBe(identify(9, monday).id);
  expect(createItemIdentities('ws_2', null)(0, monday).id).not.toBe(identify(0, monday).id);
  expect(identify(0, monday).digest).toBeNull();
});

test('with a key it is the key and its place, and an equal item is the earlier one again', () => {
  const identify = createItemIdentities('ws_1', { id: 'request' });
  const first = identify(0, monday);
  expect(identify(1, tuesday).id).not.toBe(first.id);
  expect(identify(2, monday)).toEqual({ ...first, index: 2 });
  expect(first.digest).toEqual(expect.any(String));
});

test('the same request again has the same items, and another body in the same place another digest', () => {
  const [once, again] = [createItemIdentities('ws_1', { id: 'request' }), createItemIdentities('ws_1', { id: 'request' })];
  expect(again(0, monday)).toEqual(once(0, monday));
  const other = createItemIdentities('ws_1', { id: 'request' })(0, tuesday);
  expect(other.id).toBe(once(0, monday).id);
  expect(other.digest).not.toBe(once(0, monday).digest);
  expect(createItemIdentities('ws_1', { id: 'other request' })(0, monday).id).not.toBe(once(0, monday).id);
});

test('with a key an item that says more about the same is another one: under the earlier place it would be the key used again for another body', () => {
  const identify = createItemIdentities('ws_1', { id: 'request' });
  const [first, more] = [identify(0, monday), identify(1, onSlack)];
  expect(more.id).not.toBe(first.id);
  expect(more.digest).not.toBe(first.digest);
  expect(identify(2, onSlack)).toEqual({ ...more, index: 2 });
  expect(identify(3, monday)).toEqual({ ...first, index: 3 });
});
