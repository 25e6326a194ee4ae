import { behaviorEvent } from '@waggle/contracts';
import { AS_DELIVERED, callApi, eventually, startInstance, useStack, type Instance } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { freeze, goOn, shardsOf, untilShared } from './instances.ts';
import { createHabits, createInboundLoad, isAcknowledged } from './load.ts';
import { expectAgreement, expectLogInOrder, expectOrderPerUser } from './reconcile.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const load = createInboundLoad(stack, () => systemKey);
let first: Instance;
let second: Instance;
let systemKey: string;

beforeAll(async () => {
  [first, second] = [await startInstance(stack, 'behavior-core'), await startInstance(stack, 'behavior-core')];
  const ingress = { ...AS_DELIVERED, INBOUND_LIMIT: '100000', INBOUND_WAIT_MS: '300', CORE_INTERNAL_URLS: `${first.internalUrl},${second.internalUrl}` };
  await Promise.all([stack.start('ingress', ingress), stack.start('event-log')]);
  ({ systemKey } = await stack.createWorkspace());
  await createHabits(stack, systemKey, first.url);
}, 60_000);

const LINES = 6;

/** Requests go on all the while. */
async function underLoad(fault: () => Promise<void>) {
  const stops = Array.from({ length: LINES }, () => load.start());
  try {
    await everyUserAnswered();
    await fault();
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
  // 503 is said where the broker, which has a rebalance to do on the same two cores, does not acknowledge in time; what is acknowledged counts.
  expect(new Set(load.sent.map(({ status }) => status)).difference(new Set([200, 202, 503]))).toEqual(new Set());
  expect(load.sent.filter(isAcknowledged).length).toBeGreaterThan(load.sent.length / 2);
  await expectAgreement(stack, load.sent, { events, deadLetters });
  expectOrderPerUser(events);
  await expectLogInOrder(stack);
}

/** From now on: so each partition has somebody who reads it. */
async function everyUserAnswered() {
  const from = load.sent.length;
  await eventually(() => {
    const answered = load.sent.slice(from).filter(({ status }) => status === 200).map(({ user }) => user);
    expect(new Set(answered).size).toBe(10);
  }, { timeoutMs: 30_000, intervalMs: 50 });
}

test('with one of two cores frozen under load for longer than its session and its leases the other does all, and its return changes nothing', async () => {
  await underLoad(async () => {
    await untilShared(stack, first, second);
    freeze(first);
    await untilShared(stack, second);
    await everyUserAnswered();
    goOn(first);
    await untilShared(stack, first, second);
    await everyUserAnswered();
  });
}, 120_000);

test('with one of two cores killed under load the other does all, and a new one takes its share', async () => {
  await underLoad(async () => {
    await untilShared(stack, first, second);
    process.kill(first.process.pid, 'SIGKILL');
    await first.process.ended;
    await untilShared(stack, second);
    await everyUserAnswered();
    await first.process.restart();
    await untilShared(stack, first, second);
    await everyUserAnswered();
  });
  expect(await shardsOf(stack, first)).toHaveLength(6);
}, 120_000);

test('what a frozen core has in hand when it goes on has been decided by the other: it undoes nothing that came after', async () => {
  const users = Array.from({ length: 10 }, (_, user) => user);
  const at = '2020-01-01T12:00:00Z';
  const states = async () => (await stack.db('behavior-core').query("SELECT state FROM occurrences WHERE local_date = '2020-01-01'")).rows.map(({ state }) => state);
  await untilShared(stack, first, second);
  freeze(first);
  // Its last questions to the broker are still open: what they are answered with waits for it.
  const sent = await Promise.all(users.map((user) => callApi('POST', `${stack.urlOf('ingress')}/v1/webhooks/inbound`, {
    key: systemKey, body: { event: 'activity.completed', activity_id: `act_${user}`, user_id: `usr_${user}`, timestamp: at },
  })));
  expect(new Set(sent.map(({ status }) => status)).isSubsetOf(new Set([200, 202]))).toBe(true);
  await eventually(async () => expect(await states()).toEqual(Array(10).fill('done')), { timeoutMs: 20_000 });
  const reopened = await Promise.all(users.map((user) => callApi('POST', `${second.url}/v1/activities/act_${user}/reopen`, { key: systemKey, body: { at } })));
  expect(reopened.map(({ body }) => body.status)).toEqual(Array(10).fill('processed'));

  goOn(first);
  await untilShared(stack, first, second);
  expect(await states()).toEqual(Array(10).fill('pending'));
  await expectLogInOrder(stack);
  const told = events.map(({ value }) => JSON.parse(value)).filter(({ timestamp }) => timestamp === at);
  expect(new Set(told.map(({ id }) => id)).size).toBe(20);
  expectOrderPerUser(events);
  expect(deadLetters).toEqual([]);
}, 60_000);
