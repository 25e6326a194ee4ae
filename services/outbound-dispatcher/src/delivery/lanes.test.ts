import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Delivery } from '../domain/delivery.ts';
import { createLanes, type Lanes } from './lanes.ts';

const CAP = 2;
const limits = { perEndpoint: () => CAP, inAll: 5, heldPerEndpoint: 10, heldInAll: 25, leaseNeededMs: 6_000, leaseMs: 12_000 };
let number = 0;
const aDelivery = (endpointId: string, leaseEndsAt = 12_000): Delivery => ({
  workspaceId: 'ws_1', id: `dlv_${++number}`, endpointId, eventId: 'evt_1', event: 'activity.completed', userId: 'usr_1', body: '{}', attemptCount: 0, attemptsBefore: 0,
  isSingle: false, isTest: false, isReplayed: false, isProbe: false, isOrdered: false, isOver: false, leaseEndsAt,
});
const several = (endpointId: string, count: number) => Array.from({ length: count }, () => aDelivery(endpointId));
function takeAll(lanes: Lanes, now = 0): Delivery[] {
  const taken = [];
  for (let next = lanes.take(now); next !== undefined; next = lanes.take(now)) taken.push(next);
  return taken;
}

test('endpoints take turns, whoever came first', () => {
  const lanes = createLanes(limits);
  lanes.add([...several('a', 4), ...several('b', 1), ...several('c', 4)]);
  expect(takeAll(lanes).map(({ endpointId }) => endpointId)).toEqual(['a', 'b', 'c', 'a', 'c']);
});

test('an endpoint has at most its cap in flight, and goes on when one lands', () => {
  const lanes = createLanes(limits);
  const [first, second, third] = several('a', 3);
  lanes.add([first!, second!, third!]);
  expect(takeAll(lanes)).toEqual([first, second]);
  lanes.landed(first!, 5);
  expect(takeAll(lanes)).toEqual([third]);
});

test('a delivery whose lease has too little left is not started', () => {
  const lanes = createLanes(limits);
  lanes.add([aDelivery('a', 7_000), aDelivery('a', 12_000)]);
  expect(takeAll(lanes, 2_000)).toHaveLength(1);
  expect(lanes.held()).toBe(1);
});

test('an endpoint that hangs is given no more than it can start', () => {
  const lanes = createLanes({ ...limits, heldPerEndpoint: 1_000, heldInAll: 5_000 });
  expect(lanes.room('a')).toBe(600);
  lanes.add(several('a', 1_000));
  for (let n = 0; n < 50; n++) {
    const [delivery] = takeAll(lanes);
    if (delivery !== undefined) lanes.landed(delivery, 5_000);
  }
  lanes.clear();
  expect(lanes.rooms().get('a')).toBe(0);
});

/** The lanes beside a plain count of what must be in them. */
function modelled() {
  const lanes = createLanes(limits);
  const flying: Delivery[] = [];
  const landed: Delivery[] = [];
  let waiting = 0;
  const steps = {
    add(endpointId: string) {
      if (lanes.room(endpointId) === 0) return;
      lanes.add([aDelivery(endpointId)]);
      waiting++;
    },
    take() {
      const taken = takeAll(lanes);
      flying.push(...taken);
      waiting -= taken.length;
    },
    land() {
      for (const one of flying.splice(0, 1)) {
        lanes.landed(one, 10);
        landed.push(one);
      }
    },
    forget: () => landed.splice(0, 1).forEach(lanes.forget),
    clear() {
      lanes.clear();
      waiting = 0;
    },
  };
  return { lanes, flying, landed, steps, count: () => waiting + flying.length + landed.length };
}

test('whatever happens in whatever order, no cap is passed and nothing is counted twice', () => {
  const step = fc.record({ kind: fc.constantFrom('add' as const, 'add' as const, 'take' as const, 'land' as const, 'forget' as const, 'clear' as const), endpointId: fc.constantFrom('a', 'b', 'c', 'd') });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (given) => {
    const { lanes, flying, landed, steps, count } = modelled();
    for (const { kind, endpointId } of given) {
      steps[kind](endpointId);
      expect([lanes.held(), lanes.inFlight()]).toEqual([count(), flying.length]);
      expect(flying.length).toBeLessThanOrEqual(limits.inAll);
      for (const [, ofEndpoint] of Map.groupBy(flying, (one) => one.endpointId)) expect(ofEndpoint.length).toBeLessThanOrEqual(CAP);
    }
    while (flying.length > 0) steps.land();
    while (landed.length > 0) steps.forget();
    steps.clear();
    expect([lanes.held(), lanes.inFlight(), lanes.rooms().size]).toEqual([0, 0, 0]);
  }), { numRuns: 300 });
});

test('what a replay has put back waits until nothing new waits', () => {
  const lanes = createLanes(limits);
  const replayed = several('a', 3).map((delivery) => ({ ...delivery, isReplayed: true }));
  lanes.add(replayed.slice(0, 1));
  lanes.add([...replayed.slice(1), ...several('a', 1)]);
  expect(takeAll(lanes).map(({ isReplayed }) => isReplayed)).toEqual([false, true]);
  expect(lanes.held()).toBe(4);
  lanes.clear();
  expect(lanes.held()).toBe(2);
});
