import { behaviorEvent } from '@waggle/contracts';
import { eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { freeze, goOn, shardsOf, startInstance, untilShared, type Instance } from './instances.ts';
import { createHabits, createInboundLoad } from './load.ts';
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
  const ingress = { INBOUND_LIMIT: '100000', INBOUND_WAIT_MS: '300', CORE_INTERNAL_URLS: `${first.internalUrl},${second.internalUrl}` };
  await Promise.all([stack.start('ingress', ingress), stack.start('event-log')]);
  ({ systemKey } = await stack.createWorkspace());
  await createHabits(stack, systemKey, first.url);
}, 60_000);

const LINES = 6;

/** Requests go on all the while. */
async function underLoad(fault: () => Promise<void>) {
  const stops = Array.from({ length: LINES }, () => load.start());
  await everyUserAnswered();
  await fault();
  await Promise.all(stops.map((stop) => stop()));
  expect(new Set(load.sent.map(({ status }) => status)).difference(new Set([200, 202]))).toEqual(new Set());
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
