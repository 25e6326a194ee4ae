import { randomUUID } from 'node:crypto';
import { openDatabase } from '@waggle/database';
import type { KafkaRecord } from '@waggle/kafka';
import { createLogger } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { advanceOutbox, appendToOutbox, READ, shardOf, SHARDS } from '../src/outbox.ts';
import { createPublishing } from '../src/publishing.ts';
import { createOutboxRelay } from '../src/relay.ts';

const stack = useStack();
const db = () => stack.db('behavior-core');

/** A Kafka that can be away: the port is one function. */
function recordingPublish() {
  const records: KafkaRecord[] = [];
  const values: string[] = [];
  const state = { isAway: false };
  const publish = async (given: readonly KafkaRecord[]) => {
    if (state.isAway) throw new Error('away');
    records.push(...given);
    values.push(...given.map(({ value }) => value));
  };
  return { records, values, state, publish };
}

async function appendAll(records: readonly Pick<KafkaRecord, 'key' | 'value'>[]) {
  const tx = await db().connect();
  await appendToOutbox(tx, records.map((record) => ({ topic: 't', headers: {}, ...record }))).finally(() => tx.release());
}

const append = (key: string, ...values: string[]) => appendAll(values.map((value) => ({ key, value })));

const relayOf = (publish: ReturnType<typeof recordingPublish>['publish'], relayId: string = randomUUID()) =>
  createOutboxRelay({ db: db(), publish, logger: createLogger('test', 'silent') }, { relayId, databaseUrl: stack.databaseUrl('behavior-core'), sweepIntervalMs: 50 });
const remaining = async () => (await db().query('SELECT 1 FROM outbox')).rowCount;
const holders = async () => {
  const { rows } = await db().query('SELECT holder, count(*)::int AS shards FROM outbox_leases WHERE expires_at > now() GROUP BY holder ORDER BY holder');
  return Object.fromEntries(rows.map(({ holder, shards }) => [holder, shards]));
};

/** The last pass, and the removal of what that published. */
const AT_STOP = 2;

test('the outbox is read along its key, whatever the planner knows of it', async () => {
  const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 1, timeoutMs: 15_000, name: 'plan' });
  const stop = await stack.run([database]);
  for (const known of ['nothing', 'that it is empty']) {
    if (known !== 'nothing') await db().query('VACUUM ANALYZE outbox');
    await database.pool.query(`PREPARE read_${known.length} AS ${READ.text}`);
    const { rows } = await database.pool.query(`EXPLAIN EXECUTE read_${known.length}(ARRAY[1, 2])`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index Scan using outbox_pkey');
    expect(plan).not.toContain('Sort');
  }
  await stop();
});

test('removing what is published need not reach the disk, but whatever the connection commits next does', async () => {
  const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 1, timeoutMs: 15_000, name: 'lazy removal' });
  const stop = await stack.run([database]);
  await append('k', '1');
  const { rows: published } = await advanceOutbox(database.pool, [shardOf('k')], []);
  // A trigger runs inside the transaction, so it sees what its commit will go by.
  await db().query('CREATE TABLE modes (mode text)');
  await db().query(`CREATE FUNCTION note_mode() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    $$ BEGIN INSERT INTO modes VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$`);
  await db().query('CREATE TRIGGER note_mode AFTER DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION note_mode()');
  try {
    await advanceOutbox(database.pool, [shardOf('k')], published);
    expect((await db().query('SELECT mode FROM modes')).rows).toEqual([{ mode: 'off' }]);
    expect((await database.pool.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
  } finally {
    await db().query('DROP TRIGGER note_mode ON outbox; DROP FUNCTION note_mode; DROP TABLE modes');
  }
  await stop();
});

test('what could not be published goes out later, before what came after it', async () => {
  const kafka = recordingPublish();
  const relay = relayOf(kafka.publish);
  const stop = await stack.run([relay]);
  kafka.state.isAway = true;
  await append('k', '1', '2');
  relay.wake(['k']);
  await eventually(() => expect(relay.health()).toContain('away'));
  await append('k', '3');
  kafka.state.isAway = false;
  await append('k', '4');
  relay.wake(['k']);

  await eventually(async () => expect(await remaining()).toBe(0));
  expect(kafka.values).toEqual(['1', '2', '3', '4']);
  expect(relay.health()).toBeNull();
  await stop();
});

test('a record costs one transaction beside its own: it is removed with the reading of the next, or at the stop', async () => {
  const kafka = recordingPublish();
  let transactions = 0;
  const connect = () => {
    transactions++;
    return db().connect();
  };
  const counted: Pool = Object.create(db(), { connect: { value: connect } });
  const publishing = createPublishing({ db: counted, publish: kafka.publish, usableShards: () => [shardOf('k')], logger: createLogger('test', 'silent') });
  for (const value of ['1', '2', '3']) {
    await append('k', value);
    publishing.run();
    await eventually(() => expect(kafka.values).toContain(value));
  }
  expect(await remaining()).toBe(1);
  await publishing.stop();
  expect(transactions).toBe(3 + AT_STOP);
  expect(kafka.values).toEqual(['1', '2', '3']);
  expect(await remaining()).toBe(0);
});

test('a backlog is published whole by one pass, whichever limit its readings reach', async () => {
  const kafka = recordingPublish();
  const publishing = createPublishing({ db: db(), publish: kafka.publish, usableShards: () => [shardOf('k')], logger: createLogger('test', 'silent') });
  const many = Array.from({ length: 250 }, (_, n) => `many ${n}`);
  const large = Array.from({ length: 5 }, (_, n) => `${n} ${'€'.repeat(200_000)}`);
  for (const values of [many, large]) {
    for (const value of values) await append('k', value);
    publishing.run();
    await eventually(() => expect(kafka.values.slice(-values.length)).toEqual(values));
  }
  await publishing.stop();
});

test('what a predecessor left is published before anything new', async () => {
  await append('k', 'left behind');
  await append('k', 'new');
  const kafka = recordingPublish();
  const stop = await stack.run([relayOf(kafka.publish)]);
  await eventually(async () => expect(await remaining()).toBe(0));
  expect(kafka.values).toEqual(['left behind', 'new']);
  await stop();
});

test('records of one transaction share rows that fit into a page, whatever their size, and keep their order per key', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
  const lengthOf = (n: number) => (n % 19 === 0 ? 6_000 : (n % 5) * 100);
  const records = Array.from({ length: 600 }, (_, n) => ({ key: keys[n % keys.length]!, value: JSON.stringify({ n, text: 'é"'.repeat(lengthOf(n)) }) }));
  await appendAll(records);
  const { rows } = await db().query("SELECT json_array_length(records::json) AS length, octet_length(records) AS bytes, pg_column_size(records) AS stored FROM outbox");
  expect(rows.length).toBeLessThan(records.length / 3);
  const shared = rows.filter(({ length }) => length > 1);
  // Longer than a page is only what is long by itself; what shares a row lies there as it is, neither compressed nor elsewhere.
  expect(shared.filter(({ bytes }) => bytes > 8_000)).toEqual([]);
  expect(shared.filter(({ bytes, stored }) => stored < bytes)).toEqual([]);

  const kafka = recordingPublish();
  const stop = await stack.run([relayOf(kafka.publish)]);
  await eventually(async () => expect(await remaining()).toBe(0));
  await stop();
  const published = kafka.values.map((value) => JSON.parse(value).n);
  const ofKey = (numbers: readonly number[], index: number) => numbers.filter((n) => n % keys.length === index);
  for (const index of keys.keys()) expect(ofKey(published, index)).toEqual(ofKey([...records.keys()], index));
  expect(kafka.values.toSorted()).toEqual(records.map(({ value }) => value).toSorted());
});

test('what the release before wrote, a row for each record, goes out in its turn', async () => {
  await append('k', '1');
  await db().query("INSERT INTO outbox (shard, topic, key, value, headers) VALUES ($1, 't', 'k', '2', '{\"ce_id\": \"evt_2\"}')", [shardOf('k')]);
  await append('k', '3');
  const kafka = recordingPublish();
  const stop = await stack.run([relayOf(kafka.publish)]);
  await eventually(async () => expect(await remaining()).toBe(0));
  await stop();
  expect(kafka.records).toEqual([
    { topic: 't', key: 'k', value: '1', headers: {} },
    { topic: 't', key: 'k', value: '2', headers: { ce_id: 'evt_2' } },
    { topic: 't', key: 'k', value: '3', headers: {} },
  ]);
});

test('two relays share the shards, each publishes its own only, and one that stops hands its shards over at once', async () => {
  const [first, second] = [recordingPublish(), recordingPublish()];
  const stopFirst = await stack.run([relayOf(first.publish, 'first')]);
  const stopSecond = await stack.run([relayOf(second.publish, 'second')]);
  await eventually(async () => expect(await holders()).toEqual({ first: SHARDS / 2, second: SHARDS / 2 }));

  const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
  for (const key of keys) await append(key, key);
  await eventually(async () => expect(await remaining()).toBe(0));
  expect([...first.values, ...second.values].toSorted()).toEqual(keys.toSorted());
  expect(new Set(first.values.map(shardOf)).isDisjointFrom(new Set(second.values.map(shardOf)))).toBe(true);

  await stopFirst();
  await eventually(async () => expect(await holders()).toEqual({ second: SHARDS }));
  await stopSecond();
  expect(await holders()).toEqual({});
});

test('a relay whose lease has gone to another publishes nothing more, and the other begins with the oldest', async () => {
  const [lost, heir] = [recordingPublish(), recordingPublish()];
  const relay = relayOf(lost.publish, 'lost');
  const stopLost = await stack.run([relay]);
  lost.state.isAway = true;
  await append('k', '1', '2');
  await eventually(() => expect(relay.health()).toContain('away'));
  // As after a pause of its process: its lease has run out, and somebody else has it.
  await db().query("UPDATE outbox_leases SET holder = 'heir', expires_at = now() + interval '1 minute'");
  await db().query("INSERT INTO outbox_relays (id, seen_at) VALUES ('heir', now() + interval '1 minute')");
  await eventually(async () => expect(await holders()).toEqual({ heir: SHARDS }));
  await eventually(() => expect(relay.health()).toBeNull());
  lost.state.isAway = false;
  relay.wake(['k']);
  await stopLost();

  const stopHeir = await stack.run([relayOf(heir.publish, 'heir')]);
  await append('k', '3');
  await eventually(async () => expect(await remaining()).toBe(0));
  expect(heir.values).toEqual(['1', '2', '3']);
  expect(lost.values).toEqual([]);
  await stopHeir();
});
