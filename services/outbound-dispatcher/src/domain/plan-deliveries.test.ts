import { newId } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import type { Endpoint } from './endpoint.ts';
import type { WebhookEvent } from './event.ts';
import { planDeliveries, planPortion, timeOf } from './plan-deliveries.ts';

const event: WebhookEvent = { workspaceId: 'ws_1', id: newId('evt', 1_795_000_000_123), event: 'activity.completed', userId: 'usr_1', timestamp: '2026-03-28T08:12:44Z', body: '{}', sequence: 1 };
const award: WebhookEvent = { ...event, event: 'award.granted', userId: '0xab' };
const endpoint: Endpoint = {
  workspaceId: 'ws_1', id: 'whe_1', userId: null, url: 'https://a.example/', eventTypes: ['*'], sealedSecret: '', previousSealedSecret: null, previousSecretUntil: null,
  sealedHeaders: null, ordering: 'none', maxInFlight: 8, isPaused: false, status: 'enabled',
};

test.each([
  { description: 'everything, for a workspace endpoint', of: event, eventTypes: ['*'], userId: null, count: 1 },
  { description: 'its family', of: event, eventTypes: ['activity.*'], userId: null, count: 1 },
  { description: 'exactly it', of: event, eventTypes: ['award.granted', 'activity.completed'], userId: null, count: 1 },
  { description: 'another type', of: event, eventTypes: ['activity.skipped', 'reminder.*'], userId: null, count: 0 },
  { description: "the owner's event", of: event, eventTypes: ['*'], userId: 'usr_1', count: 1 },
  { description: "somebody else's event", of: event, eventTypes: ['*'], userId: 'usr_2', count: 0 },
  { description: 'an award, for a workspace endpoint', of: award, eventTypes: ['award.*'], userId: null, count: 1 },
  { description: 'an award, for a user whose id is the wallet', of: award, eventTypes: ['*'], userId: '0xab', count: 0 },
])('an endpoint that wants $description gets $count', ({ of, eventTypes, userId, count }) => {
  expect(planDeliveries(of, [{ ...endpoint, eventTypes, userId }])).toHaveLength(count);
});

test('the id of a delivery is a function of event and endpoint, and begins with the time of the event', () => {
  const [first] = planDeliveries(event, [endpoint]);
  const [again, other] = planDeliveries(event, [endpoint, { ...endpoint, id: 'whe_2' }]);
  expect(first!.id).toBe(again!.id);
  expect(other!.id).not.toBe(first!.id);
  expect(timeOf(first!.id)).toBe(1_795_000_000_123);
});

test('an event for a disabled endpoint is recorded as skipped, with the reason', () => {
  expect(planDeliveries(event, [{ ...endpoint, status: 'disabled' }])).toMatchObject([{ status: 'skipped', reason: 'endpoint_disabled' }]);
});

test.each([
  { description: 'no more than fit', deliveriesMax: 5, taken: 2 },
  { description: 'exactly what fits', deliveriesMax: 6, taken: 3 },
  { description: 'one that is too large by itself', deliveriesMax: 1, taken: 1 },
])('a portion of events takes $description', ({ deliveriesMax, taken }) => {
  const events = [1, 2, 3].map((n) => ({ ...event, id: newId('evt', 1_795_000_000_000 + n) }));
  const portion = planPortion(events, () => [endpoint, { ...endpoint, id: 'whe_2' }], deliveriesMax);
  expect(portion.events).toEqual(events.slice(0, taken));
  expect(portion.plans.map((plan) => plan.event)).toEqual(portion.events.flatMap((each) => [each, each]));
});
