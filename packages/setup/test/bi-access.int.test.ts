import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readTestServers, useStack } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { allowReadingForBi } from '../src/topics.ts';

const { bi } = readTestServers();
const stack = useStack();
const PROGRAM = join(import.meta.dirname, '../../../docs/guides/read_topics.mjs');
const GUIDE = readFileSync(join(import.meta.dirname, '../../../docs/guides/read-topics.md'), 'utf8');
// With TEST_SERVERS=testcontainers the broker has one listener, without names.
const testBi = bi === null ? test.skip : test;
const [publicTopic, privateTopic] = [`${stack.kafka.prefix}public.behavior.event.v1`, `${stack.kafka.prefix}private.behavior.command.v1`];

const connect = (password = bi?.password ?? '') => new Kafka({
  brokers: [bi?.brokers ?? ''], sasl: { mechanism: 'scram-sha-512', username: bi?.username ?? '', password }, retry: { retries: 1 }, logLevel: logLevel.NOTHING,
});
const admin = connect().admin();
beforeAll(async () => {
  if (bi === null) return;
  await allowReadingForBi(stack.kafka, bi.username);
  await admin.connect();
});
afterAll(() => admin.disconnect());

/** What the guide tells its readers to set. */
const asBi = { ...process.env, KAFKA_BROKERS: bi?.brokers, KAFKA_USERNAME: bi?.username, KAFKA_PASSWORD: bi?.password };

const recordOf = (id: string, schema?: string) => ({
  topic: 'public.behavior.event.v1', key: 'ws_1:usr_1', value: JSON.stringify({ id, event: 'activity.completed', user_id: 'usr_1' }),
  headers: { ce_id: id, ce_type: 'activity.completed', ce_dataschema: schema ?? '/docs/schemas/activity.completed.v1.json' },
});

testBi('the program of the guide reads a public topic as the BI user, each event once', async () => {
  const written = [recordOf('evt_1'), recordOf('evt_2'), recordOf('evt_1'), recordOf('evt_3')];
  await stack.publish(written);
  const env = { ...asBi, TOPIC: publicTopic, GROUP: `bi-${stack.kafka.prefix}`, EVENTS_MAX: '3' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=TimeoutNegativeWarning', PROGRAM], { env });
  const lines = stdout.trim().split('\n').map((line) => JSON.parse(line));
  expect(lines).toEqual(['evt_1', 'evt_2', 'evt_3'].map((id) => ({
    id, type: 'activity.completed', event: 'activity.completed', user_id: 'usr_1', schema: '/docs/schemas/activity.completed.v1.json',
  })));
});

const hasPythonWith = (module: string) => spawnSync('python3', ['-c', `import ${module}`]).status === 0;
/** The guide's statement over a file of events, as its rows. */
const QUERY = 'import duckdb, json, sys; print(json.dumps(duckdb.sql(sys.argv[1]).fetchall(), default=str))';

(bi !== null && hasPythonWith('kafka') ? test : test.skip)("the guide's Python program reads a public topic, each event once, and DuckDB counts what it printed", async () => {
  const timestamps = ['2026-03-28T08:12:44Z', '2026-03-28T23:59:59Z', '2026-03-29T00:00:00Z'];
  const written = timestamps.map((timestamp, index) => {
    const record = recordOf(`evt_python_${index}`);
    return { ...record, value: JSON.stringify({ ...JSON.parse(record.value), timestamp }) };
  });
  await stack.publish([...written, written[0]!]);
  const env = { ...asBi, TOPIC: publicTopic, GROUP: `bi-${stack.kafka.prefix}python`, QUIET_MS: '6000' };
  const { stdout } = await promisify(execFile)('python3', [PROGRAM.replace('.mjs', '.py')], { env });
  const own = stdout.trim().split('\n').filter((line) => line.includes('evt_python_'));
  expect(own).toHaveLength(3);
  expect(new Set(own.map((line) => JSON.parse(line).id))).toEqual(new Set(['evt_python_0', 'evt_python_1', 'evt_python_2']));
  if (!hasPythonWith('duckdb')) return;
  const folder = mkdtempSync(join(tmpdir(), 'waggle-bi-'));
  writeFileSync(join(folder, 'events.ndjson'), own.join('\n'));
  const [, statement = ''] = /## DuckDB\n[^]*?```sql\n([^]*?)```/.exec(GUIDE) ?? [];
  const counted = await promisify(execFile)('python3', ['-c', QUERY, statement], { cwd: folder, env: { ...process.env, TZ: 'UTC' } });
  rmSync(folder, { recursive: true });
  expect(JSON.parse(counted.stdout)).toEqual([['2026-03-28 00:00:00+00:00', 'activity.completed', 2], ['2026-03-29 00:00:00+00:00', 'activity.completed', 1]]);
}, 60_000);

/** Older ones answer a broker of Kafka 4 wrongly, whatever the password: confluentinc/librdkafka#4895. */
const [, major = 0, minor = 0, patch = 0] = /librdkafka (\d+)\.(\d+)\.(\d+)/.exec(spawnSync('kcat', ['-V'], { encoding: 'utf8' }).stdout ?? '')?.map(Number) ?? [];
const hasKcat = major * 10_000 + minor * 100 + patch >= 20_601;
/** The guide's lines as printed, but for the topic, which has this file's prefix here. */
const linesOfKcat = /## kcat\n[^]*?```sh\n([^]*?)```[^]*?```sh\n([^]*?)```/.exec(GUIDE)?.slice(1).map((lines) => lines.replaceAll('public.behavior.event.v1', publicTopic).replaceAll('bi-kcat', `bi-${stack.kafka.prefix}kcat`)) ?? [];

(bi !== null && hasKcat ? test : test.skip)("the guide's kcat lines read a public topic from the beginning, and as a group from where it was", async () => {
  expect(linesOfKcat).toHaveLength(2);
  const idsOf = async (lines = '') => {
    const { stdout } = await promisify(execFile)('sh', ['-ec', lines], { env: asBi });
    return stdout.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line.slice(line.indexOf('{'))).id);
  };
  await stack.publish([recordOf('evt_kcat_1')]);
  const [whole = '', group = ''] = linesOfKcat;
  const before = await idsOf(whole);
  expect(before).toContain('evt_kcat_1');
  expect(new Set(await idsOf(group))).toEqual(new Set(before));
  await stack.publish([recordOf('evt_kcat_2')]);
  expect(await idsOf(group)).toEqual(['evt_kcat_2']);
}, 60_000);

testBi('it sees public topics and no other, and may not write, create, change or delete', async () => {
  const topics = await admin.listTopics();
  expect(topics).toContain(publicTopic);
  expect(topics.filter((topic) => topic.startsWith(stack.kafka.prefix) && !topic.startsWith(`${stack.kafka.prefix}public.`))).toEqual([]);
  expect(topics).not.toContain(privateTopic);

  const producer = connect().producer();
  await producer.connect();
  await expect(producer.send({ topic: publicTopic, messages: [{ value: 'x' }] })).rejects.toThrow('Not authorized');
  await producer.disconnect();
  await expect(admin.createTopics({ topics: [{ topic: `${stack.kafka.prefix}public.mine.v1` }] })).rejects.toThrow();
  await expect(admin.deleteTopics({ topics: [publicTopic] })).rejects.toThrow('Not authorized');
});

testBi.each([
  ['a private topic', privateTopic, 'bi-private'], ['a public topic with the group of a service', publicTopic, 'event-log.behavior-event'],
])('it may not read %s', async (_name, topic, groupId) => {
  const consumer = connect().consumer({ groupId });
  await consumer.connect();
  const crashed = new Promise<Error>((resolve) => consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error)));
  const refused = consumer.subscribe({ topics: [topic] }).then(() => consumer.run({ eachMessage: async () => {} })).then(() => crashed, (error: unknown) => error);
  expect(String(await refused)).toMatch(/Not authorized|Failed to find group coordinator/);
  await consumer.disconnect();
}, 60_000);

testBi('a wrong password gets nowhere', async () => {
  await expect(connect('wrong').admin().connect()).rejects.toThrow('authentication failed');
});
