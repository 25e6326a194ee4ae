import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { behaviorCommand, behaviorEvent, bulkCommand, inboundBody, naturalCommandId, type BehaviorEvent } from '@waggle/contracts';
import { cloudEventHeaders, toRecord, type KafkaRecord } from '@waggle/kafka';
import { findDeadLetters, redriveDeadLetters } from '@waggle/setup';
import { aCommand, callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { createApp as createCore } from '../../services/behavior-core/src/app.ts';
import { loadConfig as loadCoreConfig } from '../../services/behavior-core/src/config.ts';
import { createApp as createLog } from '../../services/event-log/src/app.ts';
import { loadConfig as loadLogConfig } from '../../services/event-log/src/config.ts';
import { createApp as createDispatcher } from '../../services/outbound-dispatcher/src/app.ts';
import { loadConfig as loadDispatcherConfig } from '../../services/outbound-dispatcher/src/config.ts';

// I9: what no retry can help is set aside with its reason, stops nobody, and an operator puts it back, by the command itself.
const stack = useStack();
const setAside = stack.collect('private.event-log.dead-letter.v1');
const events = stack.collect(behaviorEvent.topic);
let [workspaceId, systemKey] = ['', ''];

beforeAll(async () => {
  const settings = { ALLOW_INSECURE_ENDPOINTS: 'true', EGRESS_ALLOW_CIDRS: '127.0.0.0/8' };
  await stack.run(createCore(loadCoreConfig(stack.envOf('behavior-core', settings))).components);
  await Promise.all([
    stack.run(createLog(loadLogConfig(stack.envOf('event-log', settings))).components),
    stack.run(createDispatcher(loadDispatcherConfig(stack.envOf('outbound-dispatcher', settings))).components),
  ]);
  ({ workspaceId, systemKey } = await stack.createWorkspace());
  await callApi('POST', `${stack.urlOf('behavior-core')}/v1/activities`, { key: systemKey, body: { id: 'act_poison', user_id: 'usr_poison', type: 'habit', name: 'Drink water' } });
  await callApi('POST', `${stack.urlOf('outbound-dispatcher')}/v1/webhooks/endpoints`, { key: systemKey, body: { url: 'http://127.0.0.1:9/hook', event_types: ['*'] } });
}, 60_000);

const ADMIN = join(import.meta.dirname, '../../packages/setup/src/admin.ts');
type Answer = { code: number; letters: { id: string; service: string; reason: string; redriven_at: string | null; redrives: number; value?: string | null }[]; stderr: string };

async function admin(...args: string[]): Promise<Answer> {
  const env = { ...process.env, KAFKA_BROKERS: stack.kafka.brokers.join(','), KAFKA_PREFIX: stack.kafka.prefix };
  const { code = 0, stdout, stderr } = await promisify(execFile)(process.execPath, [ADMIN, 'dead-letters', ...args], { env })
    .catch((error: { code: number; stdout: string; stderr: string }) => error) as { code?: number; stdout: string; stderr: string };
  return { code, letters: stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)), stderr };
}

const eventOf = (id: string): BehaviorEvent => ({
  event: 'activity.completed', timestamp: '2026-03-28T08:12:44Z', user_id: 'usr_poison', id, workspace_id: workspaceId,
  activity: { id: 'act_elsewhere', type: 'habit', name: 'Drink water', channel: 'telegram', occurrence_date: '2026-03-28', streak: { current: 4, longest: 12 } },
});
const recordOf = (id: string): KafkaRecord => toRecord(behaviorEvent, eventOf(id), cloudEventHeaders(eventOf(id), 'waggle/behavior-core'));
const commandOn = (timestamp: string) => toRecord(behaviorCommand, aCommand({ workspaceId, userId: 'usr_poison', activityId: 'act_poison', timestamp }));

let operations = 0;
/** One item of a bulk request, past ingress. */
const itemOn = (timestamp: string) => {
  const body = inboundBody.parse({ event: 'activity.completed', user_id: 'usr_poison', activity_id: 'act_poison', timestamp });
  return toRecord(bulkCommand, {
    kind: 'bulk', operation_id: `op_bulk_${operations++}`, workspace_id: workspaceId, user_id: 'usr_poison', creator_user_id: null, accepted_at: '2026-03-28T08:12:45Z',
    reply_to: null, is_synchronous: false, total: 1, items: [{ index: 0, id: naturalCommandId(workspaceId, body), digest: null, body }], refused: [],
  });
};

interface Case {
  service: 'behavior-core' | 'outbound-dispatcher' | 'event-log';
  /** As a fault of the service itself would make a good record fail, until it is mended. */
  table: string;
  constraint: string;
  poison(): KafkaRecord;
  neighbour(): KafkaRecord;
  /** Rows that the poison, and the neighbour, have made. */
  effects: string;
}

const CASES: Case[] = [
  {
    service: 'behavior-core', table: 'occurrences', constraint: "activity_id <> 'act_poison' OR local_date <> '2026-03-20'",
    poison: () => commandOn('2026-03-20T08:00:00Z'), neighbour: () => commandOn('2026-03-21T08:00:00Z'),
    effects: "SELECT local_date::text AS id FROM occurrences WHERE activity_id = 'act_poison' AND state = 'done' AND local_date > '2026-03-15' ORDER BY 1",
  },
  {
    service: 'behavior-core', table: 'occurrences', constraint: "activity_id <> 'act_poison' OR local_date <> '2026-03-10'",
    poison: () => itemOn('2026-03-10T08:00:00Z'), neighbour: () => itemOn('2026-03-11T08:00:00Z'),
    effects: "SELECT local_date::text AS id FROM occurrences WHERE activity_id = 'act_poison' AND state = 'done' AND local_date < '2026-03-15' ORDER BY 1",
  },
  {
    service: 'event-log', table: 'events', constraint: "event_id <> 'evt_log_poison'",
    poison: () => recordOf('evt_log_poison'), neighbour: () => recordOf('evt_log_neighbour'), effects: "SELECT event_id AS id FROM events WHERE event_id LIKE 'evt_log_%' ORDER BY 1 DESC",
  },
  {
    service: 'outbound-dispatcher', table: 'deliveries', constraint: "event_id <> 'evt_dsp_poison'",
    poison: () => recordOf('evt_dsp_poison'), neighbour: () => recordOf('evt_dsp_neighbour'), effects: "SELECT event_id AS id FROM deliveries WHERE event_id LIKE 'evt_dsp_%' ORDER BY 1 DESC",
  },
];

test.each(CASES)('$service, CHECK ($constraint): what failed is set aside alone, and has its effect once after it was put back', async ({ service, table, constraint, poison, neighbour, effects }) => {
  const db = stack.db(service);
  const idsOf = async () => (await db.query(effects)).rows.map(({ id }) => id);
  await db.query(`ALTER TABLE ${table} ADD CONSTRAINT poison CHECK (${constraint}) NOT VALID`);
  await stack.publish([poison(), neighbour()]);
  await eventually(async () => expect(await idsOf()).toHaveLength(1));
  let id = '';
  await eventually(async () => {
    const letters = (await findDeadLetters(stack.kafka, { services: [service], reason: 'failed' })).filter(({ redriven_at: at }) => at === null);
    expect(letters).toEqual([expect.objectContaining({ service, reason: 'failed', error: expect.stringContaining('poison'), redriven_at: null, redrives: 0 })]);
    id = letters[0]!.id;
  });
  const metrics = await (await fetch(`${stack.urlOf(service).replace(/\d+$/, stack.envOf(service)['INTERNAL_PORT'] ?? '')}/metrics`)).text();
  expect(metrics).toMatch(/dead_letters_total\{topic="[a-z0-9.-]+",reason="failed",service="[a-z-]+"\} 1\n/);

  await db.query(`ALTER TABLE ${table} DROP CONSTRAINT poison`);
  expect(await admin('redrive', id)).toMatchObject({ code: 0, letters: [{ id, redriven_at: expect.any(String) }] });
  await eventually(async () => expect(await idsOf()).toHaveLength(2));
  expect(await redriveDeadLetters(stack.kafka, { services: [service], reason: 'failed' })).toEqual([]);
}, 90_000);

test('poison that is put back is set aside again, and shows how often', async () => {
  const spoilt = { ...recordOf('evt_spoilt'), value: '{"id":"evt_' };
  await stack.publish([spoilt]);
  const spoiltOf = () => findDeadLetters(stack.kafka, { services: ['event-log'], reason: 'schema_mismatch' });
  await eventually(async () => expect(await spoiltOf()).toHaveLength(1));
  const [first] = await spoiltOf();
  expect(first!.error).toBe('The value is not JSON');
  expect((await admin('show', first!.id)).letters).toMatchObject([{ id: first!.id, value: spoilt.value, headers: { ce_id: 'evt_spoilt' } }]);
  expect((await admin('redrive', '--all', '--service', 'event-log', '--reason', 'schema_mismatch')).letters).toMatchObject([{ id: first!.id }]);
  // One that is not there is said to be missing; the others are shown all the same.
  expect(await admin('show', 'event-log:0:999', first!.id)).toMatchObject({ code: 1, letters: [{ id: first!.id }], stderr: 'event-log:0:999 is not there\n' });
  // Once: it says so, and nothing is sent.
  expect(await admin('redrive', first!.id)).toMatchObject({ code: 1, letters: [], stderr: expect.stringContaining('put back before') });
  await eventually(async () => expect((await spoiltOf()).map(({ redrives, redriven_at: at }) => `${redrives} ${at === null ? 'waits' : 'was put back'}`).toSorted()).toEqual(['0 was put back', '1 waits']));
  const { letters, stderr } = await admin('list', '--service', 'event-log');
  expect([letters.filter(({ reason }) => reason === 'schema_mismatch').length, stderr]).toEqual([2, 'event-log schema_mismatch: 1 waiting\n']);
}, 60_000);

test('a record without a key, a tombstone and bytes that are no text are set aside and put back as they were', async () => {
  const odd = [
    { key: null, value: Buffer.from('7b2266ff', 'hex') }, { key: Buffer.from('ff00fe', 'hex'), value: null }, { key: Buffer.from('odd'), value: Buffer.from('{"name":"\\ud800"') }, { key: null, value: null },
  ];
  const headers = { odd: 'yes', bytes: Buffer.from('fffe', 'hex') };
  await stack.publish(odd.map((bytes) => ({ topic: behaviorEvent.topic, key: '', value: '', headers: {}, bytes: { ...bytes, headers } })));
  const hexOf = (bytes: Buffer | null) => bytes?.toString('hex') ?? null;
  const oddAmong = (records: typeof events) => records.filter((record) => record.headers['odd'] === 'yes').map(({ keyBytes, valueBytes }) => [hexOf(keyBytes), hexOf(valueBytes)]).toSorted(byText);
  const byText = (one: unknown, other: unknown) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
  const expected = odd.map(({ key, value }) => [hexOf(key), hexOf(value)]).toSorted(byText);
  const twice = expected.flatMap((one) => [one, one]);
  await eventually(() => expect(oddAmong(setAside)).toEqual(expected));
  const letters = (await findDeadLetters(stack.kafka, { services: ['event-log'], reason: 'schema_mismatch' })).filter((letter) => letter.headers['odd'] === 'yes');
  expect(letters.map(({ key }) => key).toSorted(byText)).toEqual(['odd', '\ufffd\u0000\ufffd', null, null].toSorted(byText));
  const ids = letters.map(({ id }) => id);
  expect((await admin('show', ...ids)).letters.map(({ value }) => value)).toContain(null);
  expect((await admin('redrive', ...ids)).letters).toHaveLength(4);
  await eventually(() => expect(oddAmong(events)).toEqual(twice));
  await eventually(() => expect(oddAmong(setAside)).toEqual(twice));
  const all = (await findDeadLetters(stack.kafka, { services: ['event-log'], ids: setAside.map(({ partition, offset }) => `event-log:${partition}:${offset}`) })).filter((letter) => letter.headers['odd'] === 'yes');
  expect(all.map(({ bytes, redrives }) => [bytes?.headers['bytes'], redrives]).toSorted(byText)).toEqual(letters.flatMap(() => [[headers.bytes, 0], [headers.bytes, 1]]).toSorted(byText));
}, 60_000);

test.each([
  [['redrive', 'event-log:0:0', '--all'], 'Name ids, or --all'], [['show', 'gateway:0:0'], 'not the id'], [['list', '--unknown'], 'unknown'],
])('dead-letters %j is not understood', async (args, words) => {
  expect(await admin(...args)).toMatchObject({ code: 2, letters: [], stderr: expect.stringContaining(words) });
});
