import { behaviorEvent } from '@waggle/contracts';
import { callApi, eventually, startInstance, useStack, type Instance } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { freeze, goOn } from './instances.ts';
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
  // All were new: what comes a second time is known by its own identity, not by the state that it finds.
  const { rows } = await stack.db('behavior-core').query('SELECT DISTINCT outcome FROM operations');
  expect(new Set(rows.map(({ outcome }) => outcome)).difference(new Set(['processed', 'duplicate']))).toEqual(new Set());
  await expectLogInOrder(stack);
}

test('what a killed ingress had in hand is sent again to the other, and takes effect once', async () => {
  let restarted = Promise.resolve();
  await load.send(500, 8, (index) => {
    if (index === 150) process.kill(first.process.pid, 'SIGKILL');
    if (index === 300) restarted = first.process.restart();
  });
  await restarted;
  expect(load.repeats()).toBeGreaterThan(50);
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

test('what a frozen ingress publishes late undoes nothing that came after', async () => {
  const body = (user: number) => ({ event: 'activity.completed' as const, activity_id: `act_${user}`, user_id: `usr_${user}`, timestamp: '2020-01-01T12:00:00Z' });
  const users = Array.from({ length: 10 }, (_, user) => user);
  const send = (url: string, user: number) => callApi('POST', `${url}/v1/webhooks/inbound`, { key: systemKey, body: body(user) });
  const reopen = (user: number) => callApi('POST', `${stack.urlOf('behavior-core')}/v1/activities/act_${user}/reopen`, { key: systemKey, body: { at: body(user).timestamp } });
  freeze(first);
  const hanging = users.map((user) => send(first.url, user));
  for (const user of users) expect((await send(second.url, user)).body.status).toBe('processed');
  for (const user of users) expect((await reopen(user)).body.status).toBe('processed');

  goOn(first);
  const answers = await Promise.all(hanging);
  expect(answers.map(({ body: { status } }) => status)).toEqual(Array(10).fill('duplicate'));
  const { rows } = await stack.db('behavior-core').query("SELECT DISTINCT state FROM occurrences WHERE local_date = '2020-01-01'");
  expect(rows).toEqual([{ state: 'pending' }]);
  await expectLogInOrder(stack);
  expect(deadLetters).toEqual([]);
}, 60_000);
