import { expect, test } from '@jest/globals';
import { toWebhookEvent } from './event.ts';

test('the body is the value without workspace_id, in its order, with fields that we do not know', () => {
  const value = '{"event":"activity.completed","timestamp":"2026-03-28T08:12:44Z","user_id":"usr_1","activity":{"id":"act_1","mood":"\\u0000"},"id":"evt_1","workspace_id":"ws_1","later":[1]}';
  expect(toWebhookEvent(value, { ce_sequence: '7' })).toEqual({
    workspaceId: 'ws_1', id: 'evt_1', event: 'activity.completed', userId: 'usr_1', timestamp: '2026-03-28T08:12:44Z', sequence: 7,
    body: '{"event":"activity.completed","timestamp":"2026-03-28T08:12:44Z","user_id":"usr_1","activity":{"id":"act_1","mood":"\\u0000"},"id":"evt_1","later":[1]}',
  });
});
