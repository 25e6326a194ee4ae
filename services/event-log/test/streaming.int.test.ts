import { get } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { behaviorEvent, newId } from '@waggle/contracts';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createEventStore } from '../src/adapters/event-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { toLogEntry } from '../src/domain/log-entry.ts';
import { anAward, anEvent } from './an-event.ts';
import { answerForKeys } from './answer-for-keys.ts';
import { listen } from './listen.ts';

const stack = useStack();
const keys = answerForKeys();
const pool = stack.db('event-log');
const store = createEventStore({ pool, metrics: new Registry() });
const HEARTBEAT_MS = 1_000;
let stopLog: () => Promise<void>;

const startLog = async () => {
  const settings = { CORE_INTERNAL_URLS: keys.url(), API_LIMIT_PER_MINUTE: '100000', HEARTBEAT_MS: String(HEARTBEAT_MS) };
  stopLog = await stack.run(createApp(loadConfig(stack.envOf('event-log', settings))).components);
};
beforeAll(async () => {
  await stack.run([keys.component]);
  await startLog();
});

let workspaces = 0;
/** A workspace of its own for each test, and who acts in it. */
function givenWorkspace() {
  const workspaceId = `ws_${++workspaces}`;
  return { workspaceId, systemKey: keys.makeKey(workspaceId), userKey: keys.makeKey(workspaceId, 'usr_abc123') };
}

async function record(...events: Parameters<typeof toLogEntry>[0][]): Promise<string[]> {
  await store.record(events.map((event) => toLogEntry(event, event)));
  return events.map(({ id }) => id);
}
const urlOf = (path: string) => stack.urlOf('event-log') + path;
const stream = (key: string, query = '', headers: Record<string, string> = {}) => listen(urlOf(`/v1/events/stream${query}`), key, headers);
const idsOf = ({ told }: { told: readonly { data: { id: string } }[] }) => told.map(({ data }) => data.id);
const isTold = (listener: Parameters<typeof idsOf>[0], ids: readonly string[]) => eventually(() => expect(idsOf(listener)).toEqual(ids));
const ask = (key: string, path: string, headers = {}) => callApi('GET', urlOf(path), { key, headers });

test('a stream tells of what is recorded from now on, as the list shows it, and each id leads on', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  await record(anEvent({ workspace_id }));
  const listener = await stream(systemKey);
  expect([listener.status, listener.type]).toEqual([200, expect.stringMatching(/^text\/event-stream/)]);
  const ids = await record(anEvent({ workspace_id }), anEvent({ workspace_id: 'ws_other' }), anAward({ workspace_id }));
  await isTold(listener, [ids[0]!, ids[2]!]);

  const { body } = await ask(systemKey, '/v1/events');
  expect(listener.told.map(({ data }) => data)).toEqual(body.data.slice(1));
  expect(listener.told.map(({ event }) => event)).toEqual(['activity.completed', 'award.granted']);
  // One cursor for both ways of reading.
  const behindFirst = await ask(systemKey, `/v1/events?cursor=${listener.told[0]!.id}`);
  expect(behindFirst.body.data.map(({ id }: { id: string }) => id)).toEqual([ids[2]]);
  const resumed = await stream(systemKey, `?cursor=${body.next_cursor}`);
  const [last] = await record(anEvent({ workspace_id }));
  await isTold(resumed, [last!]);
  listener.leave();
  resumed.leave();
});

test('a stream that was cut off resumes behind its last id, also when that was no event, and the header wins over the address', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const first = await stream(systemKey);
  await eventually(() => expect(first.lastEventId).not.toBe(''));
  first.leave();
  const missed = await record(anEvent({ workspace_id }), anEvent({ workspace_id }));
  const second = await stream(systemKey, '', { 'last-event-id': first.lastEventId });
  await isTold(second, missed);
  second.leave();
  const more = await record(...Array.from({ length: 450 }, () => anEvent({ workspace_id })));
  const third = await stream(systemKey, `?cursor=${first.lastEventId}`, { 'last-event-id': second.told[0]!.id });
  await isTold(third, [missed[1]!, ...more]);
  third.leave();
});

test('an empty Last-Event-ID is none: the address decides, else the stream begins now', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  await record(anEvent({ workspace_id }));
  const { next_cursor: cursor } = (await ask(systemKey, '/v1/events')).body;
  const ids = await record(anEvent({ workspace_id }), anEvent({ workspace_id }));
  const resumed = await stream(systemKey, `?cursor=${cursor}`, { 'last-event-id': '' });
  await isTold(resumed, ids);
  resumed.leave();
  const fresh = await stream(systemKey, '', { 'last-event-id': '' });
  await isTold(fresh, await record(anEvent({ workspace_id })));
  fresh.leave();
});

test('a user key is told of its own events and of no award, a filter narrows', async () => {
  const { workspaceId: workspace_id, systemKey, userKey } = givenWorkspace();
  const own = await stream(userKey);
  const skipped = await stream(systemKey, '?event=activity.skipped&user_id=usr_2&entity_id=act_2');
  const ids = await record(
    anEvent({ workspace_id, user_id: 'usr_2' }), anAward({ workspace_id, user_id: 'usr_abc123' }), anEvent({ workspace_id }),
    anEvent({ workspace_id, user_id: 'usr_2', event: 'activity.skipped' }), anEvent({ workspace_id, user_id: 'usr_2', event: 'activity.skipped', activity: 'act_2' }),
  );
  await isTold(own, [ids[2]!]);
  await isTold(skipped, [ids[4]!]);
  expect((await stream(userKey, '?user_id=usr_2')).status).toBe(403);
  own.leave();
  skipped.leave();
});

test('a stream says that it lives, and ends when its key is revoked', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const listener = await stream(systemKey);
  await eventually(() => expect(listener.heartbeats).toBeGreaterThan(1));
  keys.revoke(systemKey);
  await eventually(() => expect(listener.hasEnded).toBe(true));
  await record(anEvent({ workspace_id }));
  expect(listener.told).toEqual([]);
});

test('a stream says that it lives also where all that is recorded is for others, and remembers how far it was', async () => {
  const { workspaceId: workspace_id, userKey } = givenWorkspace();
  const listener = await stream(userKey);
  const [first] = [listener.lastEventId];
  while (listener.heartbeats < 2) await record(anEvent({ workspace_id, user_id: 'usr_2' }));
  expect(listener.told).toEqual([]);
  expect(listener.lastEventId).not.toBe(first);
  listener.leave();
});

test('who reads slowly is held up alone, and is told of everything once, in order', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const slow = get(urlOf('/v1/events/stream'), { headers: { authorization: `Bearer ${systemKey}` } });
  const [incoming] = await once(slow, 'response');
  incoming.pause();
  const quick = await stream(systemKey);
  const long = 'x'.repeat(190);
  const written: string[] = [];
  for (let batch = 0; batch < 12; batch++) {
    written.push(...await record(...Array.from({ length: 1_000 }, () => anEvent({ workspace_id, activity: `act_${long}`, user_id: long.slice(0, 60) }))));
  }
  await isTold(quick, written);
  quick.leave();

  const told: string[] = [];
  let rest = '';
  incoming.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    told.push(...blocks.flatMap((block) => /"id":"(evt_[0-9a-z]+)"/.exec(block)?.[1] ?? []));
  });
  incoming.resume();
  await eventually(() => expect(told).toHaveLength(written.length));
  expect(told).toEqual(written);
  slow.destroy();
}, 60_000);

test('a thousand idle clients cost the database what one costs, and all are told', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const listeners = await Promise.all(Array.from({ length: 1_000 }, () => stream(systemKey)));
  await eventually(() => expect(listeners.every(({ heartbeats }) => heartbeats > 0)).toBe(true));
  // Some 17 polls of the tail a second. Sessions that have nothing more to do tell of what opening the streams cost up to ten seconds later.
  await eventually(async () => expect(await queriesWithin(1_000)).toBeLessThan(100));
  const [id] = await record(anEvent({ workspace_id }));
  await eventually(() => expect(listeners.every((listener) => idsOf(listener)[0] === id)).toBe(true));
  for (const listener of listeners) listener.leave();
}, 60_000);

/** PostgreSQL counts for itself; what a busy session has done it tells within a second. */
async function queriesWithin(ms: number): Promise<number> {
  const count = async () => Number((await pool.query('SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()')).rows[0].count);
  const before = await count();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return await count() - before;
}

test('a service that stops ends its streams, and their readers go on with the next', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const listener = await stream(systemKey);
  await eventually(() => expect(listener.lastEventId).not.toBe(''));
  await stopLog();
  await eventually(() => expect(listener.hasEnded).toBe(true));
  const [id] = await record(anEvent({ workspace_id }));
  await startLog();
  const next = await stream(systemKey, '', { 'last-event-id': listener.lastEventId });
  await isTold(next, [id!]);
  next.leave();
});

test.each([
  ['/v1/events/stream?limit=1', '400 validation_failed'], ['/v1/events/stream?since=2026-03-28T00:00:00Z', '400 validation_failed'], ['/v1/events/stream?event=nothing', '400 validation_failed'],
  ['/v1/events/stream?cursor=', '400 cursor_invalid'], ['/v1/events/stream?cursor=bm9uZQ', '400 cursor_invalid'],
  ['/v1/events/export?format=xml', '400 validation_failed'], ['/v1/events/export?limit=5', '400 validation_failed'], ['/v1/events/export?cursor=x', '400 validation_failed'],
  ['/v1/events/export?since=2026-03-28T00:00:01Z&until=2026-03-28T00:00:00Z', '400 validation_failed'], ['/v1/events/export?since=yesterday', '400 validation_failed'],
])('%s is a %s', async (path, refusal) => {
  const { systemKey } = givenWorkspace();
  const { status, body } = await ask(systemKey, path);
  expect(`${status} ${body.code}`).toBe(refusal);
});

test('a cursor of another list is refused by the stream, and one of a log that was set up anew is expired', async () => {
  const { systemKey, userKey } = givenWorkspace();
  const { next_cursor: cursor } = (await ask(systemKey, '/v1/events')).body;
  expect((await ask(userKey, `/v1/events/stream?cursor=${cursor}`)).body).toMatchObject({ code: 'cursor_invalid' });
  expect((await ask(systemKey, `/v1/events/stream?cursor=${cursor}&user_id=usr_2`)).body).toMatchObject({ code: 'cursor_invalid' });
  expect((await ask(systemKey, '/v1/events/stream', { 'last-event-id': 'none' })).body).toMatchObject({ code: 'cursor_invalid' });
  const listener = await stream(systemKey, `?cursor=${cursor}`);
  await pool.query('UPDATE log_epoch SET epoch = gen_random_uuid()');
  await eventually(() => expect(listener.hasEnded).toBe(true));
  const { status, body } = await ask(systemKey, '/v1/events/stream', { 'last-event-id': cursor });
  expect([status, body.code, body.detail]).toEqual([410, 'cursor_expired', expect.stringContaining('recorded_since')]);
});

test('streams that begin after the log was set up anew are told of what is recorded, also where the process had streams of the log before', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const before = await stream(systemKey);
  await isTold(before, await record(anEvent({ workspace_id })));
  before.leave();
  await pool.query('UPDATE log_epoch SET epoch = gen_random_uuid()');
  const listener = await stream(systemKey);
  await eventually(() => expect(listener.lastEventId).not.toBe(''));
  // The first may be found in the log itself, whatever becomes of the tail.
  const [first] = await record(anEvent({ workspace_id }));
  await isTold(listener, [first!]);
  await isTold(listener, [first!, ...await record(anEvent({ workspace_id }))]);
  listener.leave();
});

test('a cursor before what was dropped is expired and says where the log begins now', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const ids = await record(anEvent({ workspace_id }), anEvent({ workspace_id }), anEvent({ workspace_id }), anEvent({ workspace_id }));
  const { next_cursor: early } = (await ask(systemKey, '/v1/events?limit=1')).body;
  const { next_cursor: late } = (await ask(systemKey, '/v1/events?limit=2')).body;
  const { next_cursor: fromEnd } = (await ask(systemKey, '/v1/events?limit=1&order=desc')).body;
  const { rows } = await pool.query(`WITH gone AS (DELETE FROM events WHERE event_id = ANY ($1) RETURNING position) UPDATE log_epoch SET dropped_to = (SELECT max(position) FROM gone) RETURNING dropped_to::float8`, [ids.slice(0, 2)]);
  for (const path of ['/v1/events?', '/v1/events/stream?']) {
    const { status, body } = await ask(systemKey, `${path}cursor=${early}`);
    expect({ status, ...body }).toMatchObject({ status: 410, code: 'cursor_expired', oldest_position: rows[0].dropped_to + 1, oldest_cursor: expect.any(String) });
    const next = await ask(systemKey, `/v1/events?cursor=${body.oldest_cursor}`);
    expect(next.body.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(2));
  }
  expect((await ask(systemKey, `/v1/events?cursor=${late}`)).body.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(2));
  expect((await ask(systemKey, `/v1/events?order=desc&cursor=${fromEnd}`)).body.data.map(({ id }: { id: string }) => id)).toEqual([ids[2]]);
  await pool.query('UPDATE log_epoch SET dropped_to = 0');
});

const download = async (key: string, query = '') => fetch(urlOf(`/v1/events/export${query}`), { headers: { authorization: `Bearer ${key}` } });

test('an export holds the whole list in its order, a line each, and a user its own', async () => {
  const { workspaceId: workspace_id, systemKey, userKey } = givenWorkspace();
  const events = Array.from({ length: 1_203 }, (_, n) => anEvent({ workspace_id, user_id: `usr_${n % 7}`, timestamp: `2026-03-0${1 + (n % 9)}T08:00:00Z` }));
  await record(...events, anEvent({ workspace_id }), anAward({ workspace_id, user_id: 'usr_abc123' }));
  const answer = await download(systemKey);
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await answer.text()).split('\n');
  expect(lines.pop()).toBe('');
  const { body } = await ask(systemKey, '/v1/events?limit=200');
  expect(lines.slice(0, 200).map((line) => JSON.parse(line))).toEqual(body.data);
  expect(lines.slice(0, 1_203).map((line) => JSON.parse(line).id)).toEqual(events.map(({ id }) => id));
  expect(lines).toHaveLength(1_205);

  expect(await (await download(systemKey, '?since=2026-03-03T08:00:00Z&until=2026-03-03T08:00:00Z')).text()).toBe('');
  const some = await (await download(systemKey, '?user_id=usr_3&since=2026-03-03T08:00:00Z&until=2026-03-05T08:00:00Z')).text();
  const expected = events.filter(({ user_id, timestamp }) => user_id === 'usr_3' && timestamp >= '2026-03-03T08:00:00Z' && timestamp < '2026-03-05T08:00:00Z');
  expect(some.trim().split('\n').map((line) => JSON.parse(line).id)).toEqual(expected.map(({ id }) => id));
  expect((await (await download(userKey)).text()).trim().split('\n')).toHaveLength(1);
  expect((await download(userKey, '?user_id=usr_3')).status).toBe(403);
  expect(await (await download(keys.makeKey('ws_empty'))).text()).toBe('');
});

test('a CSV has the given columns, and free text in it is no formula', async () => {
  const { workspaceId: workspace_id, systemKey } = givenWorkspace();
  const plain = JSON.stringify(anEvent({ workspace_id, user_id: '@ada', activity: 'act_1' }));
  const event = behaviorEvent.data.parse(JSON.parse(plain.replace('Drink water', String.raw`=HYPERLINK(\"http://evil.example\")`).replace('telegram', '-2+3')));
  const award = anAward({ workspace_id });
  await record(event, award);
  const answer = await download(systemKey, '?format=csv');
  expect(answer.headers.get('content-type')).toMatch(/^text\/csv;/);
  const [header, first, second, ...rest] = (await answer.text()).split('\n');
  const [one, two] = (await ask(systemKey, '/v1/events')).body.data;
  expect(header).toBe('id,event,timestamp,recorded_at,user_id,entity_id,entity_type,entity_name,channel');
  expect(first).toBe(`${event.id},activity.completed,2026-03-28T08:12:44Z,${one.recorded_at},@ada,act_1,habit,"'=HYPERLINK(""http://evil.example"")",'-2+3`);
  expect(second).toBe(`${award.id},award.granted,2026-03-28T08:12:44Z,${two.recorded_at},${award.user_id},${award.award.id},award,First purchase,`);
  expect(rest).toEqual(['']);
});

test.each([
  ['set up anew', 'epoch = gen_random_uuid()'], ['dropped', 'dropped_to = (SELECT max(position) FROM events)'],
])('an export that breaks off because the log is %s is not made to look whole', async (_, change) => {
  const { workspaceId, systemKey } = givenWorkspace();
  await pool.query(`INSERT INTO events (workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body)
    SELECT $1, 'evt_${newId('evt')}' || n, 'activity.completed', 'usr_1', 'act_1', now(), now(), '{"id":"' || repeat('x', 1000) || '"}' FROM generate_series(1, 20000) AS n`, [workspaceId]);
  const request = get(urlOf('/v1/events/export'), { headers: { authorization: `Bearer ${systemKey}` } });
  const [incoming] = await once(request, 'response');
  // As if that were done in the middle of it.
  await pool.query(`UPDATE log_epoch SET ${change}`);
  await expect(text(incoming)).rejects.toThrow('aborted');
  await pool.query('UPDATE log_epoch SET dropped_to = 0');
});
