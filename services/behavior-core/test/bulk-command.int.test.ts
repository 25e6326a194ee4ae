import { activityCreateBody, awaitedBulkCommand, behaviorCommand, behaviorEvent, bulkCommand, inboundBody, naturalCommandId, replies, type BulkCommand, type InstructionBody } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { toRecord, type RawRecord } from '@waggle/kafka';
import { createLogger, createMetrics, createRightOfWay } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { createApp } from '../src/app.ts';
import type { DecideItems } from '../src/adapters/bulk/bulk-store.ts';
import { createBulkReader } from '../src/adapters/bulk/bulk-reader.ts';
import { createOperationStore } from '../src/adapters/operation-store.ts';
import { createBulk } from '../src/bulk.ts';
import { loadConfig } from '../src/config.ts';
import { decideBatch } from '../src/domain/commands/decide-batch.ts';
import { seedHabits } from './seed.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const records = stack.collect(bulkCommand.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
const reader = createBulkReader(database.pool);
const redis = new Redis(stack.redisUrl, { lazyConnect: true });
const db = () => stack.db('behavior-core');
const startCore = () => stack.run(createApp(loadConfig(stack.envOf('behavior-core'))).components);
const limits = { habit: 25, task: 100, routine: 15 };

beforeAll(async () => {
  await redis.connect();
  await stack.run([database]);
  await seedHabits(db(), 10);
});
afterAll(() => redis.disconnect());

const on = (day: number) => new Date(Date.UTC(2026, 0, day, 12)).toISOString().replace('.000Z', 'Z');
const completed = (user: number, day: number): InstructionBody => ({ event: 'activity.completed', user_id: `usr_${user}`, activity_id: `act_${user}`, timestamp: on(day) });

interface Given {
  operationId: string;
  total: number | null;
  first?: number;
  replyTo?: string;
}
/** Items of one user. */
function aRecord(bodies: readonly InstructionBody[], { operationId, total, first = 0, replyTo }: Given): BulkCommand {
  const items = bodies.map((body, at) => ({ index: first + at, id: naturalCommandId('ws_demo', body), digest: null, body }));
  return {
    kind: 'bulk', operation_id: operationId, workspace_id: 'ws_demo', user_id: bodies[0]?.user_id ?? null, creator_user_id: null, accepted_at: '2026-03-28T08:12:45Z',
    reply_to: replyTo ?? null, is_synchronous: replyTo !== undefined, total, items, refused: [],
  };
}
const publish = (...given: BulkCommand[]) => stack.publish(given.map((command) => toRecord(bulkCommand, command)));
const whenCompleted = async (operationId: string) => {
  await eventually(async () => expect((await reader.find('ws_demo', operationId))?.completedAt).toBeInstanceOf(Date));
  return reader.find('ws_demo', operationId);
};
const statusesOf = async (operationId: string) =>
  (await reader.listResults({ workspaceId: 'ws_demo', operationId }, { after: -1, status: null, limit: 1_000 })).map(({ index, status }) => [index, status]);
const timestampsOf = (user: number) => events.filter(({ key }) => key === `ws_demo:usr_${user}`).map(({ value }) => JSON.parse(value).timestamp);
const newOperation = () => `op_${randomUUID()}`;

test('a process that dies after a commit, before publishing and before its offset, loses and doubles nothing, and counts each item once', async () => {
  const operationId = newOperation();
  const days = Array.from({ length: 150 }, (_, index) => index + 1);
  await publish(aRecord(days.map((day) => completed(0, day)), { operationId, total: 300 }), aRecord(days.map((day) => completed(1, day)), { operationId, total: 300, first: 150 }));
  await eventually(() => expect(records).toHaveLength(2));

  // It dies in the middle: after the third turn's commit.
  let turns = 0;
  const dying = createBulk({
    pool: database.pool,
    decide: (instructions, state, now) => decideBatch(instructions, state, { now, limits }),
    reply() {}, endOperations() {},
    wake() {},
    rightOfWay: { ...createRightOfWay({ slowMs: 20, restsMax: 1 }), isQuiet: () => false, giveWay: async () => { if (++turns > 3) throw new TypeError('dead'); } },
    logger: createLogger('test', 'silent'), metrics: createMetrics('test'),
  });
  await expect(dying.handler.handle(records satisfies RawRecord[])).rejects.toThrow('dead');
  expect((await reader.find('ws_demo', operationId))!.done).toBe(150);

  const stop = await startCore();
  expect(await whenCompleted(operationId)).toMatchObject({ total: 300, done: 300, failed: 0 });
  expect(await statusesOf(operationId)).toEqual(Array.from({ length: 300 }, (_, index) => [index, 'processed']));
  for (const user of [0, 1]) {
    await eventually(() => expect(timestampsOf(user)).toHaveLength(150));
    expect(timestampsOf(user)).toEqual(days.map(on));
  }

  await publish(...records.map(({ value }) => JSON.parse(value)));
  const fence = newOperation();
  await publish(aRecord([completed(0, 200)], { operationId: fence, total: 1 }), aRecord([completed(1, 200)], { operationId: fence, total: 2, first: 1 }));
  await eventually(() => expect([timestampsOf(0), timestampsOf(1)].map(({ length }) => length)).toEqual([151, 151]));
  expect(await reader.find('ws_demo', operationId)).toMatchObject({ done: 300, failed: 0 });
  await stop();
}, 30_000);

test('an item that fails alone is failed, and all others of its record are done', async () => {
  const stop = await startCore();
  const operationId = newOperation();
  // A year that PostgreSQL's date does not take, past a schema that takes it.
  const poisoned = { ...completed(2, 1), timestamp: '0000-01-01T00:00:00Z' };
  await publish(aRecord([completed(2, 1), completed(2, 2), poisoned, completed(2, 3)], { operationId, total: 4 }));
  expect(await whenCompleted(operationId)).toMatchObject({ done: 4, failed: 1 });
  const results = await reader.listResults({ workspaceId: 'ws_demo', operationId }, { after: -1, status: null, limit: 10 });
  expect(results).toMatchObject([{ status: 'processed' }, { status: 'processed' }, { status: 'failed', error: { code: 'internal' } }, { status: 'processed' }]);
  await eventually(() => expect(timestampsOf(2)).toEqual([1, 2, 3].map(on)));

  // Put back alone once its fault is gone, it is done like the others, and counted as such; put back again it changes nothing.
  await eventually(() => expect(deadLetters).toHaveLength(1));
  const { key, value } = deadLetters[0]!;
  const letter = JSON.parse(value);
  expect(letter.items).toEqual([expect.objectContaining({ index: 2 })]);
  letter.items[0].body.timestamp = on(4);
  for (const round of [1, 2]) {
    await stack.publish([{ topic: bulkCommand.topic, key, value: JSON.stringify(letter), headers: {} }]);
    await publish(aRecord([completed(2, 10 + round)], { operationId: newOperation(), total: 1 }));
    await eventually(() => expect(timestampsOf(2)).toContain(on(10 + round)));
    expect(await reader.find('ws_demo', operationId)).toMatchObject({ total: 4, done: 4, failed: 0, completedAt: expect.any(Date) });
    expect((await statusesOf(operationId))[2]).toEqual([2, 'processed']);
  }
  expect(timestampsOf(2)).toEqual([1, 2, 3, 4, 11, 12].map(on));
  await stop();
});

test('an id that two users take in one request is given to one and taken for the other', async () => {
  const stop = await startCore();
  for (let round = 0; round < 5; round++) {
    const operationId = newOperation();
    const created = (user: number) => activityCreateBody.parse({ event: 'activity.create', user_id: `usr_${user}`, activity: { id: `act_raced_${round}`, type: 'habit', name: 'Read' } });
    await publish(aRecord([created(4)], { operationId, total: 2 }), aRecord([created(5)], { operationId, total: 2, first: 1 }));
    expect(await whenCompleted(operationId)).toMatchObject({ done: 2, failed: 1 });
    const results = await reader.listResults({ workspaceId: 'ws_demo', operationId }, { after: -1, status: 'failed', limit: 10 });
    expect(results).toMatchObject([{ error: { code: 'already_exists' } }]);
  }
  await stop();
});

test('items whose effects are megabytes take several transactions, and each counts once', async () => {
  const steps = Array.from({ length: 100 }, (_, n) => ({ id: `stp_${n}`, name: '水'.repeat(190) }));
  await db().query(`INSERT INTO activities (workspace_id, id, user_id, type, name, channels, steps, starts_on, version, created_at, updated_at)
    VALUES ('ws_demo', 'act_large', 'usr_9', 'routine', 'Large', '{}', $1, '2025-01-01', 1, now(), now())`, [JSON.stringify(steps)]);
  const operationId = newOperation();
  const bodies = [1, 2].map((day) => inboundBody.parse({ ...completed(9, day), activity_id: 'act_large' }));
  const refused = [{ index: 2, activity_id: null, error: { code: 'validation_failed', detail: 'No' } }];
  await publish({ ...aRecord(bodies, { operationId, total: 3 }), refused });
  const stop = await startCore();
  expect(await whenCompleted(operationId)).toMatchObject({ total: 3, done: 3, failed: 1 });
  expect(await statusesOf(operationId)).toEqual([[0, 'processed'], [1, 'processed'], [2, 'failed']]);
  const { rows } = await db().query("SELECT count(DISTINCT xmin::text)::int AS transactions FROM occurrences WHERE activity_id = 'act_large' AND state = 'done'");
  expect(rows).toEqual([{ transactions: 2 }]);
  await stop();
});

test('a record that is twice in a turn counts once, and what was refused stays refused', async () => {
  const operationId = newOperation();
  const bodies = ['activity.completed', 'activity.skipped', 'activity.reopened'].map((event) => inboundBody.parse({ ...completed(9, 60), event }));
  const record = aRecord(bodies, { operationId, total: 3 });
  await publish(record, record);
  await eventually(() => expect(records.filter(({ value }) => value.includes(operationId))).toHaveLength(2));
  const core = createBulk({ pool: database.pool, decide: (instructions, state, now) => decideBatch(instructions, state, { now, limits }), reply() {}, endOperations() {}, wake() {}, rightOfWay: createRightOfWay({ slowMs: 20, restsMax: 1 }), logger: createLogger('test', 'silent'), metrics: createMetrics('test') });
  await core.handler.handle(records.filter(({ value }) => value.includes(operationId)) satisfies RawRecord[]);
  expect(await statusesOf(operationId)).toEqual([[0, 'processed'], [1, 'failed'], [2, 'processed']]);
  const { rows } = await db().query("SELECT state FROM occurrences WHERE activity_id = 'act_9' AND local_date = '2026-03-01'");
  expect(rows).toEqual([{ state: 'pending' }]);
});

test('the total may be told before, between or after the items', async () => {
  const stop = await startCore();
  for (const place of [0, 1, 2]) {
    const operationId = newOperation();
    const parts = [aRecord([completed(3, 10 + place)], { operationId, total: null }), aRecord([completed(4, 10 + place)], { operationId, total: null, first: 1 })];
    parts.splice(place, 0, aRecord([], { operationId, total: 2 }));
    for (const part of parts) await publish(part);
    expect(await whenCompleted(operationId)).toMatchObject({ total: 2, done: 2 });
  }
  // An upload that could not tell whether Kafka had taken its last items does not count them.
  for (const place of [1, 2]) {
    const operationId = newOperation();
    const parts = [aRecord([completed(3, 20 + place), completed(3, 30 + place)], { operationId, total: null })];
    parts.splice(place % 2, 0, aRecord([], { operationId, total: 1 }));
    for (const part of parts) await publish(part);
    expect(await whenCompleted(operationId)).toMatchObject({ done: 2 });
  }
  await stop();
});

test('the answer is put together from all records, once the last item is done', async () => {
  const stop = await startCore();
  const [replyTo, heard] = [`reply:${randomUUID()}`, [] as unknown[]];
  await redis.subscribe(replyTo);
  redis.on('message', (_channel, text) => heard.push(...replies.parse(JSON.parse(text))));
  const operationId = newOperation();
  await publish(aRecord([completed(5, 1), completed(5, 1)], { operationId, total: 3, replyTo }), aRecord([completed(6, 1)], { operationId, total: 3, first: 2, replyTo }));
  await eventually(() => expect(heard).toHaveLength(1));
  expect(heard[0]).toMatchObject({
    operation_id: operationId,
    result: { succeeded: 3, failed: 0, results: [{ index: 0, status: 'processed' }, { index: 1, status: 'duplicate' }, { index: 2, status: 'processed' }] },
  });
  await stop();
});

test('who waits for an answer does not wait for the backfills of others', async () => {
  const [replyTo, heard] = [`reply:${randomUUID()}`, [] as unknown[]];
  await redis.subscribe(replyTo);
  redis.on('message', (channel, text) => { if (channel === replyTo) heard.push(...replies.parse(JSON.parse(text))); });
  const [backfill, awaited] = [newOperation(), newOperation()];
  const days = Array.from({ length: 500 }, (_, day) => day);
  for (const first of [0, 1, 2, 3, 4, 5, 6, 7]) await publish(aRecord(days.map((day) => completed(first % 2 === 0 ? 0 : 7, -500 * first - day)), { operationId: backfill, total: 4_000, first: first * 500 }));
  const stop = await startCore();
  await eventually(async () => expect((await reader.find('ws_demo', backfill))?.done).toBeGreaterThan(0));
  // So that it cannot end before.
  const holder = await db().connect();
  await holder.query("BEGIN; SELECT FROM users WHERE workspace_id = 'ws_demo' AND id = 'usr_0' FOR UPDATE");
  await stack.publish([toRecord(awaitedBulkCommand, aRecord([completed(7, 80)], { operationId: awaited, total: 1, replyTo }))]);
  await eventually(() => expect(heard).toHaveLength(1));
  expect((await reader.find('ws_demo', backfill))?.completedAt).toBeNull();
  await holder.query('ROLLBACK');
  holder.release();
  expect(heard).toMatchObject([{ operation_id: awaited, result: { succeeded: 1 } }]);
  await whenCompleted(backfill);
  await stop();
}, 30_000);

test('operators see how much it rests, and what is awaited does not rest', async () => {
  const rested: number[] = [];
  const rightOfWay = { ...createRightOfWay({ slowMs: 20, restsMax: 1 }), rest: async (workedMs: number) => void rested.push(workedMs) };
  const decide: DecideItems = (instructions, state, now) => decideBatch(instructions, state, { now, limits });
  const metrics = createMetrics('test');
  const { handler, awaitedHandler } = createBulk({ pool: database.pool, decide, reply() {}, endOperations() {}, wake() {}, rightOfWay, logger: createLogger('test', 'silent'), metrics });
  const operationId = newOperation();
  await publish(aRecord([completed(7, 90)], { operationId, total: 1 }));
  const ofOperation = () => records.filter(({ value }) => value.includes(operationId));
  await eventually(() => expect(ofOperation()).toHaveLength(1));
  await awaitedHandler.handle(ofOperation() satisfies RawRecord[]);
  expect(rested).toEqual([]);
  await handler.handle(ofOperation() satisfies RawRecord[]);
  expect(rested).toHaveLength(1);

  expect(await metrics.metrics()).toMatch(/^bulk_rests_per_work\{.*\} 0$/m);
  await rightOfWay.lead(async () => {});
  expect(await metrics.metrics()).toMatch(/^bulk_rests_per_work\{.*\} 1$/m);
});

test("an item that is sent again by itself is a duplicate with the activity in it, and its operation says the same", async () => {
  const stop = await startCore();
  const operationId = newOperation();
  const body = completed(8, 1);
  await publish(aRecord([body], { operationId, total: 1 }));
  await whenCompleted(operationId);
  const [replyTo, heard] = [`reply:${randomUUID()}`, [] as z.infer<typeof replies>];
  await redis.subscribe(replyTo);
  redis.on('message', (channel, text) => { if (channel === replyTo) heard.push(...replies.parse(JSON.parse(text))); });
  const again = (operation_id: string) => toRecord(behaviorCommand, {
    kind: 'inbound',
    id: naturalCommandId('ws_demo', body), digest: null, operation_id, workspace_id: 'ws_demo', user_id: 'usr_8', creator_user_id: null, accepted_at: '2026-03-28T08:12:45Z', reply_to: replyTo, body: inboundBody.parse(body),
  });
  const [first, second] = [newOperation(), newOperation()];
  await stack.publish([again(first)]);
  await eventually(() => expect(heard).toHaveLength(1));
  await stack.publish([again(second)]);
  await eventually(() => expect(heard).toHaveLength(2));
  const answer = { status: 'duplicate', operation_id: operationId, activity: { id: 'act_8', today: { state: 'pending' } }, events: [{ event: 'activity.completed' }] };
  expect(heard).toMatchObject([{ result: answer }, { result: answer }]);
  expect(heard[1]?.result).toEqual(heard[0]?.result);
  expect(await createOperationStore(database.pool).find('ws_demo', first)).toMatchObject({ outcome: 'duplicate', result: answer });
  await stop();
});

test('bulk and single changes of one user wait for each other', async () => {
  const stop = await startCore();
  const other = await db().connect();
  await other.query('BEGIN');
  await other.query("SELECT 1 FROM users WHERE workspace_id = 'ws_demo' AND id = 'usr_7' FOR UPDATE");
  await other.query("UPDATE activities SET archived_at = now() WHERE id = 'act_7'");
  const operationId = newOperation();
  await publish(aRecord([completed(7, 1)], { operationId, total: 1 }));
  await eventually(async () => {
    const { rows } = await db().query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'behavior-core'");
    expect(rows.length).toBeGreaterThan(0);
  });
  await other.query('COMMIT');
  other.release();
  expect(await whenCompleted(operationId)).toMatchObject({ failed: 1 });
  await stop();
});
