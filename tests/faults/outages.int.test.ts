import { setTimeout as pause } from 'node:timers/promises';
import { behaviorEvent } from '@waggle/contracts';
import { AS_DELIVERED, callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { createHabits, createInboundLoad, isAcknowledged } from './load.ts';
import { stopAfterwards, useOwnServers } from './own-servers.ts';
import { expectAgreement, expectOrderPerUser } from './reconcile.ts';

const own = await useOwnServers('outages');
const stack = useStack(own.testServers);
stopAfterwards(own.stop);
const events = stack.collect(behaviorEvent.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const load = createInboundLoad(stack, () => systemKey);
let systemKey: string;

/** What a client is promised: an answer, whatever is away. */
const ANSWER_MS = 3_000;
/** Longer outages by hand: OUTAGE_MS=300000 npm test -- tests/faults/outages */
const OUTAGE_MS = Number(process.env['OUTAGE_MS'] ?? 0);

beforeAll(async () => {
  await stack.start('behavior-core', AS_DELIVERED);
  await Promise.all([stack.start('ingress', { ...AS_DELIVERED, INBOUND_LIMIT: '100000', INBOUND_WAIT_MS: '1000' }), stack.start('event-log', AS_DELIVERED)]);
  ({ systemKey } = await stack.createWorkspace());
  await createHabits(stack, systemKey);
  await eventually(async () => expect((await load.sendOne()).status).toBe(200));
}, 90_000);

/** Sends all the while: `before` the outage begins, until `stop` is called, and once more until all is well again. */
async function during(outage: () => Promise<void>) {
  const stop = load.start();
  const first = load.sent.length;
  await outage();
  await eventually(async () => expect((await load.sendOne()).status).toBe(200), { timeoutMs: 30_000, intervalMs: 100 });
  await stop();
  return load.sent.slice(first);
}

/** Until so many more requests have been answered. */
const answered = async (more: number) => {
  const goal = load.sent.length + more;
  await eventually(() => expect(load.sent.length).toBeGreaterThanOrEqual(goal), { timeoutMs: 60_000 });
};

test.each([
  { name: 'redis' as const, statuses: [200, 202], description: 'requests are accepted without waiting for replies' },
  { name: 'postgres' as const, statuses: [200, 202], description: 'requests are accepted, and applied when it is back' },
  { name: 'kafka' as const, statuses: [200, 202, 503], description: 'requests are refused with a 503 or accepted, never left hanging' },
])('with $name killed, $description', async ({ name, statuses }) => {
  const sent = await during(async () => {
    process.kill(own.server(name).pid, 'SIGKILL');
    await own.server(name).ended;
    await answered(12);
    await pause(OUTAGE_MS);
    await own.server(name).restart();
  });

  expect(new Set(sent.map(({ status }) => status)).difference(new Set(statuses))).toEqual(new Set());
  // The worst status is really seen: else the outage was none.
  expect(sent.map(({ status }) => status)).toContain(statuses.at(-1));
  // The one who asks has a processor less at times too: then all that it has asked at once, three, are late.
  expect(sent.map(({ ms }) => ms).toSorted((a, b) => b - a)[3]).toBeLessThan(ANSWER_MS);
  expect(sent.some(isAcknowledged)).toBe(true);
  await expectAgreement(stack, load.sent, { events, deadLetters });
  expectOrderPerUser(events);
}, 120_000 + OUTAGE_MS);

test('a read that needs the database is a 503 while it is away, and works again by itself', async () => {
  const read = () => callApi('GET', `${stack.urlOf('behavior-core')}/v1/activities/act_0`, { key: systemKey });
  await own.server('postgres').stop();
  const answer = await read();
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(answer.headers.get('retry-after')).toBe('1');
  await own.server('postgres').restart();
  await eventually(async () => expect((await read()).status).toBe(200));
}, 60_000);
