import { behaviorEvent } from '@waggle/contracts';
import { callApi, eventually, readOutbox, startInstance, useStack, type Instance } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { freeze, goOn, shardsOf, untilShared } from './instances.ts';
import { createHabits } from './load.ts';
import { stopAfterwards, useOwnServers } from './own-servers.ts';
import { expectLogInOrder, expectOrderPerUser } from './reconcile.ts';

const own = await useOwnServers('leases');
const stack = useStack(own.testServers);
stopAfterwards(own.stop);
const events = stack.collect(behaviorEvent.topic);
let first: Instance;
let second: Instance;
let systemKey: string;

beforeAll(async () => {
  const start = () => startInstance(stack, 'behavior-core', { API_LIMIT_PER_MINUTE: '100000' });
  [first, second] = [await start(), await start()];
  await stack.start('event-log');
  ({ systemKey } = await stack.createWorkspace());
  await createHabits(stack, systemKey, first.url);
  await untilShared(stack, first, second);
  await eventually(async () => expect(await waiting()).toEqual([]));
}, 90_000);

/** Who still has something in the outbox, and in which shard. */
async function waiting(): Promise<{ shard: number; records: number }[]> {
  const byKey = Map.groupBy(await readOutbox(stack.db('behavior-core')), ({ key }) => key);
  return [...byKey.values()].map((records) => ({ shard: records[0]!.shard, records: records.length }));
}

let day = 0;

/** One more day of each habit is done, decided by this core over HTTP: committed when it answers. */
async function completeEach(core: Instance) {
  const at = new Date(Date.UTC(2026, 0, 1, 12) - day++ * 86_400_000).toISOString();
  const answers = await Promise.all(Array.from({ length: 10 }, (_, user) =>
    callApi('POST', `${core.url}/v1/activities/act_${user}/complete`, { key: systemKey, body: { at } })));
  expect(answers.map(({ body }) => body.status)).toEqual(Array(10).fill('processed'));
}

async function completeOften(core: Instance, times: number) {
  for (let time = 0; time < times; time++) await completeEach(core);
}

test('what a frozen holder has committed and not published goes out by its successor in order, and what it sends late is a repeat', async () => {
  const kafka = own.server('kafka');
  const held = await shardsOf(stack, first);
  process.kill(kafka.pid, 'SIGSTOP');
  // The first is on its way to a broker that does not read, and the others come while that publication has not ended.
  await completeOften(first, 5);
  freeze(first);
  // What was on its way is lost with the broker: nobody but the holder, who is frozen, had sent it.
  process.kill(kafka.pid, 'SIGKILL');
  await kafka.ended;
  const left = (await waiting()).filter(({ shard }) => held.includes(shard));
  await completeOften(second, 5);
  await kafka.restart();
  expect(left.map(({ records }) => records)).toEqual(left.map(() => 5));
  expect(left.length).toBeGreaterThan(0);

  await untilShared(stack, second);
  await completeOften(second, 5);
  await eventually(async () => expect(await waiting()).toEqual([]), { timeoutMs: 30_000 });

  // There is something to publish all the while it comes back.
  const publishing = completeOften(second, 20);
  goOn(first);
  await publishing;
  await untilShared(stack, first, second);
  await completeOften(first, 5);
  await eventually(async () => expect(await waiting()).toEqual([]), { timeoutMs: 20_000 });

  await expectLogInOrder(stack);
  const published = () => new Set(events.map(({ headers }) => headers['ce_id'])).size;
  await eventually(() => expect(published()).toBe(10 * (1 + day)));
  expect(events.length).toBeGreaterThan(published());
  expectOrderPerUser(events);
}, 120_000);
