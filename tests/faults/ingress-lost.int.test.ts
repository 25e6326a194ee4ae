import { behaviorEvent } from '@waggle/contracts';
import { eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { freeze, goOn, startInstance, type Instance } from './instances.ts';
import { createHabits, createInboundLoad, isAcknowledged } from './load.ts';
import { expectAgreement, expectLogInOrder, expectOrderPerUser } from './reconcile.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const load = createInboundLoad(stack, () => systemKey, () => [first.url, second.url]);
let first: Instance;
let second: Instance;
let systemKey: string;

beforeAll(async () => {
  await stack.start('behavior-core');
  const start = () => startInstance(stack, 'ingress', { INBOUND_LIMIT: '100000' });
  [first, second] = [await start(), await start()];
  await stack.start('event-log');
  ({ systemKey } = await stack.createWorkspace());
  await createHabits(stack, systemKey);
}, 60_000);

async function expectAllAppliedOnce() {
  expect(load.sent.filter((one) => !isAcknowledged(one))).toEqual([]);
  await expectAgreement(stack, load.sent, { events, deadLetters });
  expectOrderPerUser(events);
  await expectLogInOrder(stack);
}

test('what a killed ingress had in hand is sent again to the other, and takes effect once', async () => {
  let restarted = Promise.resolve();
  await load.send(1_200, 8, (index) => {
    if (index === 400) process.kill(first.process.pid, 'SIGKILL');
    if (index === 800) restarted = first.process.restart();
  });
  await restarted;
  expect(load.repeats()).toBeGreaterThan(200);
  await expectAllAppliedOnce();
}, 120_000);

test('what a frozen ingress goes on with after the client went to another takes effect once', async () => {
  const before = load.repeats();
  const stops = Array.from({ length: 4 }, () => load.start());
  const more = async (repeats: number) => {
    const goal = load.repeats() + repeats;
    await eventually(() => expect(load.repeats()).toBeGreaterThanOrEqual(goal), { timeoutMs: 30_000 });
  };
  freeze(first);
  // Nobody waits any longer for what came first, and more is waiting.
  await more(8);
  goOn(first);
  await Promise.all(stops.map((stop) => stop()));
  await load.send(100, 8);
  expect(load.repeats()).toBeGreaterThan(before);
  await expectAllAppliedOnce();
}, 120_000);
