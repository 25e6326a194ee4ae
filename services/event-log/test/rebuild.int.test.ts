import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toUtc } from '@waggle/contracts';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createEventStore } from '../src/adapters/event-store.ts';
import { createPartitionStore } from '../src/adapters/partition-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { toLogEntry } from '../src/domain/log-entry.ts';
import { firstPositionAt } from '../src/domain/position.ts';
import { anAward, anEvent, recordOf } from './an-event.ts';
import { answerForKeys } from './answer-for-keys.ts';

const stack = useStack();
const keys = answerForKeys();
const key = keys.makeKey('ws_demo');
const pool = stack.db('event-log');
const store = createEventStore({ pool, metrics: new Registry() });
const file = (name: string) => join(folder, name);
const folder = mkdtempSync(join(tmpdir(), 'waggle-rebuild-'));

/** Before Kafka's time: in the log alone. */
const old = [anEvent({ user_id: 'usr_1' }), anEvent({ user_id: 'usr_2' }), anAward(), anEvent({ user_id: 'usr_1' }), anEvent({ workspace_id: 'ws_other' })];
const recent = [anEvent({ user_id: 'usr_1' }), anEvent({ user_id: 'usr_2' }), anEvent({ user_id: 'usr_1' }), anAward(), anEvent({ user_id: 'usr_1' }), anEvent({ workspace_id: 'ws_other' })];

beforeAll(async () => {
  await stack.run([keys.component]);
  await store.record(old.map((event) => toLogEntry(event, event)));
  await stack.run(createApp(loadConfig(stack.envOf('event-log', { CORE_INTERNAL_URLS: keys.url() }))).components);
  await stack.publish(recent.map((event, index) => ({ ...recordOf(event), headers: { ...recordOf(event).headers, ce_sequence: String(index + 1) } })));
  await eventually(async () => expect(await idsOf()).toHaveLength(old.length + recent.length));
}, 60_000);

/** They would take the room of a second log. */
const tablesOfRebuild = async () => (await pool.query(`SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND (relname LIKE 'events\\_rebuilt%' OR relname = 'events_staged')`)).rows;
const idsOf = async (where = 'true') => (await pool.query(`SELECT event_id FROM events WHERE ${where} ORDER BY position`)).rows.map(({ event_id: id }) => id);
const ofUser = (user: string) => [...old, ...recent].filter(({ user_id: id, workspace_id: workspace }) => id === user && workspace === 'ws_demo').map(({ id }) => id);
const page = (query = '') => callApi('GET', `${stack.urlOf('event-log')}/v1/events?limit=200${query}`, { key });

async function admin(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, DATABASE_URL: stack.databaseUrl('event-log'), KAFKA_BROKERS: stack.kafka.brokers.join(','), KAFKA_PREFIX: stack.kafka.prefix };
  const script = join(import.meta.dirname, '../src/admin.ts');
  return promisify(execFile)(process.execPath, [script, ...args], { env })
    .then((done) => ({ code: 0, ...done }), ({ code, stdout, stderr }) => ({ code, stdout, stderr }));
}

test('a source that starts later than the log, lacks an event or has another order is refused, and the log stays as it is', async () => {
  expect(await admin('export', '--to', file('all'))).toMatchObject({ code: 0, stdout: `11 events are in ${file('all')}\n` });
  const lines = readFileSync(file('all'), 'utf8').trim().split('\n');
  const before = await pool.query('SELECT * FROM events ORDER BY position');
  const write = (name: string, kept: readonly string[]) => writeFileSync(file(name), kept.map((line) => `${line}\n`).join(''));
  const withId = (id: string) => (line: string) => JSON.parse(line).id === id;
  write('late', lines.filter((line) => !withId(old[0]!.id)(line)));
  write('holed', lines.filter((line) => !withId(old[3]!.id)(line)));
  write('moved', [lines.find(withId(old[3]!.id))!, ...lines.filter((line) => !withId(old[3]!.id)(line))]);
  write('broken', [...lines, '{"id":"evt_1"']);
  write('public', lines.map((line) => { const { workspace_id: _workspace, ...item } = JSON.parse(line); return JSON.stringify(item); }));
  for (const [name, words] of [
    ['late', 'starts later than the log: it lacks the first event of ws_demo'], ['holed', 'lacks events that the log has: 1 of ws_demo'], ['moved', 'another order than in the log: usr_1 of ws_demo'],
    ['broken', 'Line 12 of the file'], ['public', 'names no workspace'], ['none', 'no such file'],
  ] as const) {
    expect([name, await admin('rebuild', '--from', file(name))]).toEqual([name, expect.objectContaining({ code: 1, stderr: expect.stringContaining(words) })]);
    expect([name, await tablesOfRebuild()]).toEqual([name, []]);
  }
  expect(await admin('rebuild', '--from', file('all'), '--trial')).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was changed') });
  expect((await pool.query('SELECT * FROM events ORDER BY position')).rows).toEqual(before.rows);
}, 120_000);

test('what the log had lost is back in its order, old cursors say how to go on, and recording goes on', async () => {
  const { next_cursor: cursor, data } = (await page()).body;
  const partitions = await createPartitionStore(pool).list();
  // A bad disk, say: lost in the middle of a user's history, and Kafka still has it.
  const lost = [recent[0]!.id, recent[2]!.id, recent[3]!.id];
  await pool.query('DELETE FROM events WHERE event_id = ANY ($1)', [lost]);
  expect(await admin('export', '--to', file('holed'))).toMatchObject({ code: 0 });
  const rebuilt = await admin('rebuild', '--from', file('holed'));
  expect(rebuilt).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('8 events in the log, 11 in the rebuilt one') });

  expect(new Set(await idsOf())).toEqual(new Set([...old, ...recent].map(({ id }) => id)));
  for (const user of ['usr_1', 'usr_2']) expect(await idsOf(`user_id = '${user}' AND workspace_id = 'ws_demo'`)).toEqual(ofUser(user));
  const { status, body } = await page(`&cursor=${cursor}`);
  expect([status, body.code, body.detail]).toEqual([410, 'cursor_expired', expect.stringContaining('recorded_since')]);
  const anew = (await page()).body;
  const known = (items: { id: string; recorded_at: string }[]) => new Map(items.filter(({ id }) => !lost.includes(id)).map((item) => [item.id, item]));
  // Each as it was, `recorded_at` too, which never falls.
  expect([...known(anew.data).keys()].toSorted()).toEqual([...known(data).keys()].toSorted());
  const times = anew.data.map(({ recorded_at: at }: { recorded_at: string }) => Date.parse(at));
  expect(times).toEqual(times.toSorted((a: number, b: number) => a - b));

  const next = anEvent({ user_id: 'usr_1' });
  await stack.publish([recordOf(recent[0]!), recordOf(next)]);
  await eventually(async () => expect(await idsOf("user_id = 'usr_1'")).toEqual([...ofUser('usr_1'), next.id]));
  expect((await page(`&cursor=${anew.next_cursor}`)).body.data).toMatchObject([{ id: next.id }]);
  // Each in the partition of its time, under the names that migrations go by.
  const { rows: misplaced } = await pool.query(`SELECT FROM events WHERE position / 2048 <> floor(extract(epoch FROM recorded_at) * 1000)`);
  expect(misplaced).toEqual([]);
  const { rows: relations } = await pool.query(`SELECT c.relname AS name FROM pg_class AS c WHERE relkind IN ('r', 'p', 'i', 'I') AND relname LIKE 'events%' ORDER BY 1`);
  const names = relations.map(({ name }) => name);
  expect(names.filter((name) => name.includes('rebuilt'))).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(['events', 'events_before', 'events_pkey', 'events_workspace_id_entity_id_position_idx', 'events_workspace_id_event_position_idx', 'events_workspace_id_user_id_position_idx']));
  expect((await createPartitionStore(pool).list()).map(({ name }) => name)).toEqual(partitions.map(({ name }) => name));
}, 120_000);

/** As if the log had had its partitions for that long, and some of its events came before. */
async function givenPast(ids: readonly string[], days: number): Promise<void> {
  await pool.query('ALTER TABLE events DETACH PARTITION events_before');
  await pool.query(`ALTER TABLE events ATTACH PARTITION events_before FOR VALUES FROM (MINVALUE) TO (${firstPositionAt(Date.now() - days * 86_400_000)})`);
  await pool.query(`UPDATE events SET position = position - $2, recorded_at = recorded_at - $3 * interval '1 day' WHERE event_id = ANY ($1)`, [ids, firstPositionAt((days + 1) * 86_400_000), days + 1]);
}

test('a partition past its time is dropped whole, and a cursor before its end is answered with where the log begins', async () => {
  const all = await idsOf("workspace_id = 'ws_demo'");
  const [gone, kept] = [all.slice(0, 3), all.slice(3)];
  await givenPast(gone, 40);
  const { next_cursor: cursor } = (await callApi('GET', `${stack.urlOf('event-log')}/v1/events?limit=1`, { key })).body;
  const { next_cursor: late } = (await callApi('GET', `${stack.urlOf('event-log')}/v1/events?limit=4`, { key })).body;
  const { dropExpired, list } = createPartitionStore(pool);
  expect(await dropExpired(41)).toBeUndefined();

  // Who reads for long is not cut off, and holds up nobody else: it is tried again later.
  const reader = await pool.connect();
  await reader.query('BEGIN; SELECT FROM events LIMIT 1');
  const [attempt, read] = await Promise.allSettled([dropExpired(31), page()]);
  expect(attempt).toMatchObject({ status: 'rejected', reason: { cause: { code: '55P03' } } });
  expect(read).toMatchObject({ status: 'fulfilled', value: { status: 200 } });
  expect((await page(`&cursor=${cursor}`)).status).toBe(200);
  await reader.query('ROLLBACK');
  reader.release();

  expect(await dropExpired(31)).toMatchObject({ name: 'events_before' });
  expect(await dropExpired(31)).toBeUndefined();
  expect((await list()).map(({ name }) => name)).not.toContain('events_before');
  expect(await idsOf("workspace_id = 'ws_demo'")).toEqual(kept);
  const { status, body } = await page(`&cursor=${cursor}`);
  expect([status, body.code, body.oldest_position]).toEqual([410, 'cursor_expired', expect.any(Number)]);
  const idsIn = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);
  expect(idsIn(await page(`&cursor=${body.oldest_cursor}`))).toEqual(kept);
  expect(idsIn(await page(`&cursor=${late}`))).toEqual(kept.slice(1));
  // Whose log was empty all the while polls on.
  const empty = keys.makeKey('ws_empty');
  const poll = (query: string) => callApi('GET', `${stack.urlOf('event-log')}/v1/events${query}`, { key: empty });
  expect((await poll(`?cursor=${(await poll('')).body.next_cursor}`)).status).toBe(200);
  expect(() => loadConfig(stack.envOf('event-log', { RETENTION_DAYS: '30' }))).toThrow('more than the 30 days');
  expect(() => loadConfig(stack.envOf('event-log', { EVENT_LOG_PARTITION: 'year' }))).toThrow('EVENT_LOG_PARTITION');
});

test('several instances make the partitions of the next days once, and the service itself drops what is past its time', async () => {
  const { makeAhead, list } = createPartitionStore(pool);
  const made = await Promise.all(Array.from({ length: 4 }, () => makeAhead('day')));
  expect(made.filter((count) => count > 0).length).toBeLessThanOrEqual(1);
  const upTo = (await list()).at(-1)!.to;
  expect(upTo).toBeGreaterThan(firstPositionAt(Date.now() + 2 * 86_400_000));
  const name = 'events_20260101';
  await pool.query(`CREATE TABLE ${name} PARTITION OF events FOR VALUES FROM (${firstPositionAt(Date.UTC(2026, 0))}) TO (${firstPositionAt(Date.UTC(2026, 1))})`);
  await stack.run(createApp(loadConfig(stack.envOf('event-log', { CORE_INTERNAL_URLS: keys.url(), PORT: '0', INTERNAL_PORT: '0', RETENTION_DAYS: '31' }))).components);
  await eventually(async () => expect((await list()).map((partition) => partition.name)).not.toContain(name));
});

test('an event that only Kafka knows is listed from its own time on, also where nothing was recorded for hours before it', async () => {
  const hoursAgo = (hours: number) => toUtc(new Date(Date.now() - hours * 3_600_000));
  const [before, lost, late] = [anEvent({ workspace_id: 'ws_hole' }), anEvent({ workspace_id: 'ws_hole', timestamp: hoursAgo(3) }), anEvent({ workspace_id: 'ws_hole', timestamp: hoursAgo(6) })];
  const ofHole = () => idsOf("workspace_id = 'ws_hole'");
  await stack.publish([recordOf(lost), recordOf(late)]);
  await eventually(async () => expect(await ofHole()).toHaveLength(2));
  await pool.query("DELETE FROM events WHERE workspace_id = 'ws_hole'");
  expect(await admin('export', '--to', file('hole'))).toMatchObject({ code: 0 });
  appendFileSync(file('hole'), `${JSON.stringify({ ...before, recorded_at: hoursAgo(10) })}\n`);
  expect(await admin('rebuild', '--from', file('hole'))).toMatchObject({ code: 0, stderr: '' });

  expect(await ofHole()).toEqual([before.id, lost.id, late.id]);
  const hole = keys.makeKey('ws_hole');
  const since = async (hours: number) => (await callApi('GET', `${stack.urlOf('event-log')}/v1/events?since=${hoursAgo(hours)}`, { key: hole })).body.data;
  expect(await since(4)).toMatchObject([{ id: lost.id, recorded_at: lost.timestamp }]);
  expect(await since(7)).toMatchObject([{ id: lost.id }, { id: late.id, recorded_at: lost.timestamp }]);
}, 60_000);

test("a wallet's awards in several campaigns have no order among each other, and a line separator in a name ends no line", async () => {
  const campaigns = [1, 2, 3, 4, 5, 6, 7, 8].map(() => anAward({ workspace_id: 'ws_wallet' })).map((event, index) => ({ ...event, award: { ...event.award, campaign_id: 50 + (index % 4) } }));
  const named = anEvent({ workspace_id: 'ws_wallet' });
  Object.assign(Object(named).activity, { name: 'Before\u2028between\u2029behind' });
  for (const event of [...campaigns, named]) await stack.publish([recordOf(event)]);
  const ofWallet = () => idsOf("workspace_id = 'ws_wallet'");
  await eventually(async () => expect(await ofWallet()).toHaveLength(9));
  const recorded = async () => (await pool.query("SELECT event_id, recorded_at FROM events WHERE workspace_id = 'ws_wallet' ORDER BY event_id")).rows;
  const before = await recorded();

  expect(await admin('export', '--to', file('wallet'))).toMatchObject({ code: 0 });
  expect(await admin('rebuild', '--from', file('wallet'))).toMatchObject({ code: 0, stderr: '' });
  expect(await recorded()).toEqual(before);
  expect(await tablesOfRebuild()).toEqual([]);
}, 60_000);
