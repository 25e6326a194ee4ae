import { behaviorCommand, behaviorEvent, inboundBody, toUtc, type BehaviorCommand } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { toRecord, type RawRecord } from '@waggle/kafka';
import { aCommand, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { applyInstructions, FIND_OPERATIONS, recordPoisoned, toInstruction } from '../src/adapters/command-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { behaviorCommandHandler } from '../src/consumers/behavior-command.ts';
import { decideBatch } from '../src/domain/commands/decide-batch.ts';
import { LIMITS } from './builders.ts';
import { seedHabits } from './seed.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const commands = stack.collect(behaviorCommand.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
const db = () => stack.db('behavior-core');
const startCore = () => stack.run(createApp(loadConfig(stack.envOf('behavior-core'))).components);

beforeAll(async () => {
  await stack.run([database]);
  await seedHabits(db(), 10);
});

const apply = (given: readonly BehaviorCommand[]) =>
  applyInstructions(database.pool, given.map(toInstruction), (instructions, state, now) => decideBatch(instructions, state, { now, limits: LIMITS }));

let day = 0;
const onAnotherDay = (given: Parameters<typeof aCommand>[0] = {}) =>
  aCommand({ timestamp: toUtc(new Date(Date.UTC(2026, 0, ++day, 12))), ...given });
const publish = (...given: BehaviorCommand[]) => stack.publish(given.map((command) => toRecord(behaviorCommand, command)));
type Command = ReturnType<typeof aCommand>;
const eventsOf = ({ body, user_id }: Command) =>
  events.filter(({ value }) => {
    const event = JSON.parse(value);
    return event.user_id === user_id && event.timestamp === body.timestamp;
  });
const stateOf = async ({ body }: Command) =>
  (await db().query('SELECT state FROM occurrences WHERE activity_id = $1 AND local_date = $2', [body.activity_id, body.timestamp.slice(0, 10)])).rows[0]?.state;

/** A later event with the same key: once it is out, all before it has been handled. */
async function fence(of: Command = aCommand()) {
  const last = onAnotherDay({ userId: of.user_id, activityId: of.body.activity_id });
  await publish(last);
  await eventually(() => expect(eventsOf(last)).toHaveLength(1));
}

test('a plan for operations that was made before there were any finds each by its key', async () => {
  const client = await database.pool.connect();
  try {
    await client.query('SET plan_cache_mode TO force_generic_plan');
    await client.query(`PREPARE planned AS ${FIND_OPERATIONS.text}`);
    const { rows } = await client.query("EXPLAIN EXECUTE planned(ARRAY['ws_1'], ARRAY['op_1'])");
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('using operations_pkey');
  } finally {
    client.release(true);
  }
});

test('a process that dies after its commit, before publishing and before its offset, loses and doubles nothing', async () => {
  const given = [onAnotherDay(), onAnotherDay(), onAnotherDay({ userId: 'usr_1', activityId: 'act_1' })];
  await publish(...given);
  await eventually(() => expect(commands).toHaveLength(3));

  const dying = behaviorCommandHandler({
    apply,
    recordPoisoned: (command) => recordPoisoned(database.pool, command),
    reply() {},
    wake() {},
  });
  await dying.handle(commands satisfies RawRecord[]);
  const successor = await startCore();
  await fence(given[0]);
  await fence(given[2]);

  for (const command of given) {
    expect(eventsOf(command)).toHaveLength(1);
    expect(await stateOf(command)).toBe('done');
  }
  expect(events.indexOf(eventsOf(given[0]!)[0]!)).toBeLessThan(events.indexOf(eventsOf(given[1]!)[0]!));
  await successor();
});

test('a redelivered command changes nothing twice, in the same batch or in a later one', async () => {
  const stop = await startCore();
  const command = onAnotherDay();
  await publish(command, command);
  await fence();
  await publish(command);
  await fence();

  expect(eventsOf(command)).toHaveLength(1);
  expect(await stateOf(command)).toBe('done');
  await stop();
});

test('commands that are delivered again within their batch are answered as the first time, the refused ones too', async () => {
  const completing = onAnotherDay({ userId: 'usr_4', activityId: 'act_4' });
  const then = (event: 'activity.skipped' | 'activity.reopened') => aCommand({ userId: 'usr_4', activityId: 'act_4', timestamp: completing.body.timestamp, event });
  // Skipping what is done is refused; done again after the reopening it would be carried out.
  const given = [completing, then('activity.skipped'), then('activity.reopened')];
  const { verdicts, events: told } = await apply([...given, ...given]);
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['processed', 'refused', 'processed', 'processed', 'refused', 'processed']);
  expect(told.map(({ event }) => event)).toEqual(['activity.completed', 'activity.reopened']);
  expect(await stateOf(completing)).toBe('pending');
});

test('what makes megabytes of events takes several transactions, and each command is answered in its turn', async () => {
  const steps = Array.from({ length: 100 }, (_, n) => ({ id: `stp_${n}`, name: '水'.repeat(190) }));
  await db().query(`INSERT INTO activities (workspace_id, id, user_id, type, name, channels, steps, starts_on, version, created_at, updated_at)
    VALUES ('ws_demo', 'act_large', 'usr_5', 'routine', 'Large', '{}', $1, '2025-01-01', 1, now(), now())`, [JSON.stringify(steps)]);
  const given = Array.from({ length: 3 }, (_, n) => aCommand({ userId: 'usr_5', activityId: 'act_large', timestamp: `2026-02-0${n + 1}T12:00:00Z` }));
  const { verdicts, events: told } = await apply([...given, given[0]!]);
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(Array(4).fill('processed'));
  expect(told.filter(({ event }) => event === 'activity.completed').map(({ timestamp }) => timestamp)).toEqual(given.map(({ body }) => body.timestamp));
  const { rows } = await db().query("SELECT count(*)::int AS days, count(DISTINCT xmin::text)::int AS transactions FROM occurrences WHERE activity_id = 'act_large' AND state = 'done'");
  expect(rows).toEqual([{ days: 3, transactions: 3 }]);
  // A relay takes what fits into its memory, and all in the end.
  const stop = await startCore();
  await eventually(() => expect(events.filter(({ key, value }) => key === 'ws_demo:usr_5' && value.includes('"activity.completed"'))).toHaveLength(3), { timeoutMs: 20_000 });
  expect(events.filter(({ key }) => key === 'ws_demo:usr_5').map(({ headers }) => headers['ce_sequence'])).toEqual(Array.from({ length: told.length }, (_, n) => String(n + 1)));
  await stop();
});

test('an id that another user takes meanwhile is taken, and nobody is to blame', async () => {
  const other = await db().connect();
  await other.query('BEGIN');
  await other.query("INSERT INTO activities (workspace_id, id, user_id, type, name, channels, starts_on, version, created_at, updated_at) VALUES ('ws_demo', 'act_raced', 'usr_1', 'habit', 'Read', '{}', '2026-01-01', 1, now(), now())");
  const body = inboundBody.parse({ event: 'onboarding.completed', user_id: 'usr_new', timestamp: '2026-03-28T08:12:44Z', activities: [{ id: 'act_raced', type: 'habit', name: 'Read' }] });
  const applying = apply([{ ...aCommand({ userId: 'usr_new' }), body }]);
  await eventually(async () => {
    const { rows } = await db().query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'test'");
    expect(rows).toHaveLength(1);
  });
  await other.query('COMMIT');
  other.release();
  expect((await applying).verdicts).toEqual([{ outcome: 'refused', refusal: expect.objectContaining({ code: 'already_exists' }) }]);
});

test("a user's events are numbered without a gap, in the order of their commands", async () => {
  const stop = await startCore();
  const given = Array.from({ length: 30 }, () => onAnotherDay({ userId: 'usr_2', activityId: 'act_2' }));
  await publish(...given.slice(0, 10));
  await publish(...given.slice(10));
  await fence(given[0]);

  const ofUser = events.filter(({ key }) => key === 'ws_demo:usr_2');
  expect(ofUser[0]!.headers).toMatchObject({ ce_specversion: '1.0', ce_type: 'activity.completed', ce_dataschema: 'http://localhost:8080/docs/schemas/activity.completed.v1.json' });
  expect(ofUser.map(({ headers }) => headers['ce_sequence'])).toEqual(Array.from({ length: 31 }, (_, index) => String(index + 1)));
  expect(ofUser.slice(0, 30).map(({ value }) => JSON.parse(value).timestamp)).toEqual(given.map(({ body }) => body.timestamp));
  await stop();
});

test('a record that breaks the contract goes to the dead letters with its reason and stops nobody', async () => {
  const stop = await startCore();
  const { key } = toRecord(behaviorCommand, aCommand());
  await stack.publish([{ topic: behaviorCommand.topic, key, value: '{"id":"cmd_', headers: { trace: 'kept' } }]);
  await fence();

  await eventually(() => expect(deadLetters).toHaveLength(1));
  expect(deadLetters[0]).toMatchObject({ key, value: '{"id":"cmd_', headers: { reason: 'schema_mismatch', topic: behaviorCommand.topic, trace: 'kept' } });
  await stop();
});

test('a record that fails alone goes to the dead letters, its operation says 500, and its batch is handled', async () => {
  const stop = await startCore();
  const before = deadLetters.length;
  // A year that PostgreSQL's date does not take, past a schema that takes it.
  const poisoned = aCommand({ userId: 'usr_3', activityId: 'act_3', timestamp: '0000-01-01T00:00:00Z' });
  const well = onAnotherDay({ userId: 'usr_3', activityId: 'act_3' });
  await publish(poisoned, well);
  await eventually(() => expect(eventsOf(well)).toHaveLength(1));

  await eventually(() => expect(deadLetters).toHaveLength(before + 1));
  expect(deadLetters.at(-1)).toMatchObject({ headers: { reason: 'failed', error: expect.stringContaining('date') } });
  const { rows } = await db().query('SELECT outcome, refusal FROM operations WHERE id = $1', [poisoned.operation_id]);
  expect(rows).toEqual([{ outcome: 'refused', refusal: expect.objectContaining({ code: 'internal' }) }]);
  await stop();
});

test('a change made over HTTP meanwhile is waited for and seen, not overwritten', async () => {
  const command = onAnotherDay({ userId: 'usr_4', activityId: 'act_4' });
  const other = await db().connect();
  await other.query('BEGIN');
  await other.query("SELECT 1 FROM users WHERE workspace_id = 'ws_demo' AND id = 'usr_4' FOR UPDATE");
  await other.query("UPDATE activities SET archived_at = now() WHERE id = 'act_4'");
  const applying = apply([command]);
  await eventually(async () => {
    const { rows } = await db().query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'test'");
    expect(rows.length).toBeGreaterThan(0);
  });
  await other.query('COMMIT');
  other.release();
  expect((await applying).verdicts).toMatchObject([{ outcome: 'refused', refusal: { code: 'activity_archived' } }]);
});

test('no statement of a batch reads a whole table, though the tables were small when the plans were made', async () => {
  await db().query('VACUUM ANALYZE');
  await flushCounts(db());
  const before = await wholeReads();
  for (const _ of Array(8)) await apply([onAnotherDay(), onAnotherDay({ userId: 'usr_1', activityId: 'act_1' })]);
  await flushCounts(database.pool);

  const after = await wholeReads();
  expect(after.indexReads).toBeGreaterThan(before.indexReads);
  expect(after.tables).toEqual(before.tables);
});

/** What a connection has counted is seen by others a second later, or when it is told to. */
async function flushCounts(pool: Pool) {
  const connections = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()));
  await Promise.all(connections.map((connection) => connection.query('SELECT pg_stat_force_next_flush()').finally(() => connection.release())));
}

async function wholeReads() {
  const { rows } = await db().query<{ relname: string; seq_scan: string; idx_scan: string }>('SELECT relname, seq_scan, idx_scan FROM pg_stat_user_tables ORDER BY relname');
  return { tables: rows.map(({ relname, seq_scan }) => [relname, seq_scan]), indexReads: rows.reduce((sum, { idx_scan }) => sum + Number(idx_scan), 0) };
}
