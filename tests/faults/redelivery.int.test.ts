import { awaitedBulkCommand, behaviorCommand, behaviorEvent, bulkCommand } from '@waggle/contracts';
import type { ServerProcess } from '@waggle/local-stack';
import { callApi, committedOf, eventually, rewindGroup, useStack, writtenTo } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { createHabits, createInboundLoad } from './load.ts';
import { expectLogInOrder } from './reconcile.ts';

const stack = useStack();
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const load = createInboundLoad(stack, () => systemKey);
let core: ServerProcess;
let systemKey: string;

beforeAll(async () => {
  core = await stack.start('behavior-core');
  await Promise.all([stack.start('ingress', { INBOUND_LIMIT: '100000' }), stack.start('event-log')]);
  ({ systemKey } = await stack.createWorkspace());
  await createHabits(stack, systemKey);
}, 60_000);

const post = (service: 'ingress' | 'behavior-core', path: string, body: object | string, headers = {}) => callApi('POST', `${stack.urlOf(service)}${path}`, { key: systemKey, body, headers });
const inbound = (body: object, headers = {}) => post('ingress', '/v1/webhooks/inbound', body, headers);
const at = (day: number) => `2025-06-0${day}T12:00:00Z`;
const completion = (user: number, day: number) => ({ event: 'activity.completed', activity_id: `act_${user}`, user_id: `usr_${user}`, timestamp: at(day) });
/** That exists only after it has been asked for. */
const late = (day: number) => ({ ...completion(0, day), activity_id: 'act_late' });

/** Every kind of answer that a command can have, and afterwards changes from which a second effect would be seen. */
async function leaveTraces() {
  await load.send(200, 8);
  expect([(await inbound(completion(0, 1))).body.status, (await inbound(completion(0, 1))).body.status]).toEqual(['processed', 'duplicate']);
  expect((await inbound({ ...completion(0, 1), timestamp: at(1).replace('12:00', '13:00') })).body.status).toBe('unchanged');
  expect((await inbound({ ...completion(0, 1), event: 'activity.skipped' })).status).toBe(409);
  expect((await inbound(completion(1, 1), { 'idempotency-key': 'once' })).status).toBe(200);
  expect((await inbound(late(1))).status).toBe(404);
  const items = [completion(2, 1), { ...completion(2, 1), event: 'activity.skipped' }, late(2), { event: 'activity.create', user_id: 'usr_3', activity: { type: 'task', name: 'Once' } }];
  expect((await post('ingress', '/v1/activities/bulk', { operations: items })).body).toMatchObject({ succeeded: 2, failed: 2 });
  expect((await post('ingress', '/v1/activities/bulk', JSON.stringify(completion(1, 2)), { 'content-type': 'application/x-ndjson' })).status).toBe(202);
  expect((await post('behavior-core', '/v1/activities', { id: 'act_late', user_id: 'usr_0', type: 'habit', name: 'Late', schedule: { starts_on: '2025-06-01' } })).status).toBe(201);
  for (const user of [0, 1, 2]) expect((await post('behavior-core', `/v1/activities/act_${user}/reopen`, { at: at(1) })).body.status).toBe('processed');
}

const handled = async () => ({
  singles: await committedOf(stack.kafka, 'behavior-core', behaviorCommand.topic),
  backfills: await committedOf(stack.kafka, 'behavior-core.bulk', bulkCommand.topic),
  bulks: await committedOf(stack.kafka, 'behavior-core.bulk-awaited', awaitedBulkCommand.topic),
});

const TABLES = ['users', 'activities', 'occurrences', 'inbox', 'operations', 'bulk_operations', 'bulk_results', 'outbox'];

/** Whole tables. */
async function stored() {
  const rowsOf = async (table: string) => (await stack.db('behavior-core').query(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY to_jsonb(t)::text`)).rows.map(({ row }) => row);
  return Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, await rowsOf(table)])));
}

test('commands and bulk records that are all delivered again change nothing and make no event', async () => {
  await leaveTraces();
  await eventually(async () => expect((await stored())['outbox']).toEqual([]));
  await expectLogInOrder(stack);
  await eventually(async () => expect(await handled()).toEqual({ singles: 206, backfills: 2, bulks: 3 }));
  await core.stop();
  const before = await stored();
  const published = await writtenTo(stack.kafka, behaviorEvent.topic);
  await rewindGroup(stack.kafka, 'behavior-core', behaviorCommand.topic);
  await rewindGroup(stack.kafka, 'behavior-core.bulk', bulkCommand.topic);
  await rewindGroup(stack.kafka, 'behavior-core.bulk-awaited', awaitedBulkCommand.topic);
  expect(await handled()).toEqual({ singles: 0, backfills: 0, bulks: 0 });

  await core.restart();
  await eventually(async () => expect(await handled()).toEqual({ singles: 206, backfills: 2, bulks: 3 }));
  expect(await stored()).toEqual(before);

  // What comes next in the topic has the next numbers: nothing stood between.
  const after = await load.send(20, 4);
  expect(after.map(({ status }) => status)).toEqual(Array(20).fill(200));
  await expectLogInOrder(stack);
  expect(await writtenTo(stack.kafka, behaviorEvent.topic)).toBe(published + 20);
  expect(deadLetters).toEqual([]);
}, 120_000);
