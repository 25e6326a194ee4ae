import { recordedEvent } from '@waggle/contracts';
import { useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { createEventStore } from '../src/adapters/event-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { toLogEntry } from '../src/domain/log-entry.ts';
import { anAward, anEvent } from './an-event.ts';
import { answerForKeys } from './answer-for-keys.ts';

const stack = useStack();
const keys = answerForKeys();
const systemKey = keys.makeKey('ws_demo');
const userKey = keys.makeKey('ws_demo', 'usr_abc123');
const otherKey = keys.makeKey('ws_other');
const pool = stack.db('event-log');
const store = createEventStore({ pool, metrics: new Registry() });

const events = [
  anEvent({ timestamp: '2026-03-01T08:00:00Z' }),
  anEvent({ timestamp: '2026-03-02T08:00:00Z', user_id: 'usr_2', activity: 'act_2' }),
  anEvent({ timestamp: '2026-03-03T08:00:00.250Z', event: 'activity.skipped' }),
  anAward({ timestamp: '2026-03-04T08:00:00Z' }),
  // Its owner's name is a wallet's: that makes nobody the owner of the wallet.
  anAward({ timestamp: '2026-03-05T08:00:00Z', user_id: 'usr_abc123' }),
  anEvent({ timestamp: '2026-03-06T08:00:00Z', activity: 'act_2' }),
];
const ids = events.map(({ id }) => id);

beforeAll(async () => {
  await stack.run([keys.component]);
  for (const event of [...events, anEvent({ workspace_id: 'ws_other' })]) await store.record([toLogEntry(event, event)]);
  await stack.run(createApp(loadConfig(stack.envOf('event-log', { CORE_INTERNAL_URLS: keys.url() }))).components);
});

const page = z.strictObject({ data: z.array(recordedEvent), next_cursor: z.string(), has_more: z.boolean() });
const problem = z.object({ code: z.string() });
type Filters = Record<string, string>;

const fetchAs = (key: string, path: string, method = 'GET') => fetch(stack.urlOf('event-log') + path, { method, headers: { authorization: `Bearer ${key}` } });

async function list(filters: Filters, key = systemKey) {
  const response = await fetchAs(key, `/v1/events?${new URLSearchParams(filters).toString()}`);
  return page.parse(await response.json());
}
const idsOf = async (filters: Filters, key = systemKey) => (await list(filters, key)).data.map(({ id }) => id);

/** `410 cursor_expired` */
async function refusalOf(path: string, key = systemKey): Promise<string> {
  const response = await fetchAs(key, path);
  return `${response.status} ${problem.parse(await response.json()).code}`;
}
const at = (...places: number[]) => places.map((place) => ids[place]);

test('an item is the webhook body and when it was recorded', async () => {
  const { data, has_more: hasMore } = await list({ limit: '1' });
  const { workspace_id: _, ...webhookBody } = events[0]!;
  expect(data).toEqual([{ ...webhookBody, recorded_at: expect.stringMatching(/^\d{4}-.+Z$/) }]);
  expect(hasMore).toBe(true);
  const one = await fetchAs(systemKey, `/v1/events/${events[0]!.id}`);
  expect(one.headers.get('ratelimit-policy')).toBe('"api";q=600;w=60');
  expect(await one.json()).toEqual(data[0]);
});

test.each<[string, Record<string, string>, number[]]>([
  ['everything, from the beginning', {}, [0, 1, 2, 3, 4, 5]],
  ['from the end', { order: 'desc' }, [5, 4, 3, 2, 1, 0]],
  ['of a user', { user_id: 'usr_2' }, [1]],
  ['of a wallet', { user_id: '0x52908400098527886e0f7030069857d2e4169ee7' }, [3]],
  ['of a type', { event: 'activity.skipped' }, [2]],
  ['of a family', { event: 'activity.*' }, [0, 1, 2, 5]],
  ['of any type', { event: '*' }, [0, 1, 2, 3, 4, 5]],
  ['of an entity', { entity_id: 'act_2' }, [1, 5]],
  ['of an entity and a user', { entity_id: 'act_2', user_id: 'usr_abc123' }, [5]],
  ['of a type and a user, from the end', { event: 'activity.completed', user_id: 'usr_abc123', order: 'desc' }, [5, 0]],
  ['since, inclusive', { since: '2026-03-03T09:00:00.250+01:00' }, [2, 3, 4, 5]],
  ['until, exclusive', { until: '2026-03-03T08:00:00.250Z' }, [0, 1]],
  ['between two times, from the end', { since: '2026-03-02T00:00:00Z', until: '2026-03-05T00:00:00Z', order: 'desc' }, [3, 2, 1]],
  ['from a time to the same', { since: '2026-03-03T08:00:00Z', until: '2026-03-03T10:00:00+02:00' }, []],
  ['in a year that no calendar here knows', { until: '0000-01-01T00:00:00Z' }, []],
])('lists %s', async (_, filters, places) => {
  expect(await idsOf(filters)).toEqual(at(...places));
});

test.each([
  ['of events whose positions are times', 'floor(extract(epoch FROM time) * 1000)::bigint * 2048'],
  ['of events from before, whose positions are a count', 'place'],
  ['of some of both', 'CASE WHEN place <= 3 THEN place ELSE floor(extract(epoch FROM time) * 1000)::bigint * 2048 END'],
])('recorded_since is inclusive and recorded_until exclusive, either way round, %s', async (_, position) => {
  await pool.query(`UPDATE events SET recorded_at = time, position = ${position}
    FROM (SELECT position AS old, place, timestamptz '2026-04-01 00:00Z' + place * interval '1 hour' AS time
      FROM (SELECT position, row_number() OVER (ORDER BY position) AS place FROM events WHERE workspace_id = 'ws_demo') AS numbered) AS moved
    WHERE workspace_id = 'ws_demo' AND position = old`);
  const { data } = await list({});
  expect(data.map(({ id }) => id)).toEqual(ids);
  const range = { recorded_since: data[1]!.recorded_at, recorded_until: data[4]!.recorded_at };
  expect(await idsOf(range)).toEqual(at(1, 2, 3));
  expect(await idsOf({ ...range, order: 'desc' })).toEqual(at(3, 2, 1));
  expect(await idsOf({ ...range, user_id: 'usr_abc123' })).toEqual(at(2));
  expect(await idsOf({ recorded_since: '2026-04-01T02:00:00.001Z', recorded_until: '2026-04-01T04:00:00.001Z' })).toEqual(at(2, 3));
  expect(await idsOf({ recorded_since: '2099-01-01T00:00:00Z' })).toEqual([]);
  expect(await idsOf({ recorded_until: '2026-04-01T01:00:00Z' })).toEqual([]);
});

test('polling goes on from the last cursor, and an empty page repeats it', async () => {
  const key = keys.makeKey('ws_poll');
  const record = async (event = anEvent({ workspace_id: 'ws_poll' })) => {
    await store.record([toLogEntry(event, event)]);
    return event.id;
  };
  const next = (cursor: string | null) => list({ limit: '2', ...(cursor !== null && { cursor }) }, key);

  const empty = await next(null);
  expect(empty).toEqual({ data: [], next_cursor: expect.any(String), has_more: false });
  expect(await next(empty.next_cursor)).toEqual(empty);
  const recorded = [await record(), await record(), await record()];
  const first = await next(empty.next_cursor);
  expect(first).toMatchObject({ data: [{ id: recorded[0] }, { id: recorded[1] }], has_more: true });
  const second = await next(first.next_cursor);
  expect(second).toMatchObject({ data: [{ id: recorded[2] }], has_more: false });
  expect(await next(second.next_cursor)).toEqual({ data: [], next_cursor: second.next_cursor, has_more: false });
  const late = await record();
  expect(await next(second.next_cursor)).toMatchObject({ data: [{ id: late }], has_more: false });
});

test('from the end, the beginning of the log is where a cursor stays', async () => {
  const { next_cursor: cursor, has_more: hasMore } = await list({ order: 'desc', limit: '6' });
  expect(hasMore).toBe(false);
  expect(await list({ order: 'desc', cursor })).toEqual({ data: [], next_cursor: cursor, has_more: false });
});

test.each([
  'limit=0', 'limit=201', 'limit=ten', 'limit=', 'cursor=', 'cursor=bm9uZQ', 'unknown=1', 'user=usr_1', 'event=activity.unknown', 'event=activity', 'event=*.completed', 'event=',
  'order=up', 'since=2026-03-28', 'since=2026-03-28T08:12:44', 'since=yesterday', 'since=2026-03-28T00:00:00.001Z&until=2026-03-28T00:00:00Z',
  'since=2026-03-28T01:00:00%2B02:00&until=2026-03-27T22:59:59Z', 'recorded_since=2026-03-29T00:00:00Z&recorded_until=2026-03-28T00:00:00Z',
  'entity_id=', 'entity_id=%00', 'user_id=%20', 'user_id=a&user_id=b', 'limit=1&limit=2',
])('%s is a 400', async (parameters) => {
  const response = await fetchAs(systemKey, `/v1/events?${parameters}`);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(problem.parse(await response.json()).code).toBe(parameters.startsWith('cursor') ? 'cursor_invalid' : 'validation_failed');
});

test('a cursor serves its own list alone', async () => {
  const { next_cursor: cursor } = await list({ limit: '1' });
  const uses: [string, Filters, string][] = [
    ['a user filter', { user_id: 'usr_abc123' }, systemKey],
    ['another order', { order: 'desc' }, systemKey],
    ['a time', { since: '2026-03-01T00:00:00Z' }, systemKey],
    ['an entity', { entity_id: 'act_2' }, systemKey],
    ['a type', { event: '*' }, systemKey],
    ["a user's key", {}, userKey],
    ['another workspace', {}, otherKey],
  ];
  for (const [name, filters, key] of uses) {
    const refusal = await refusalOf(`/v1/events?${new URLSearchParams({ ...filters, cursor }).toString()}`, key);
    expect(`${name}: ${refusal}`).toBe(`${name}: 400 cursor_invalid`);
  }
  expect(await idsOf({ cursor, limit: '2' })).toEqual(at(1, 2));
  expect(await refusalOf(`/v1/events?cursor=${cursor.slice(0, -1)}_`)).toBe('400 cursor_invalid');
});

test('a cursor of a log that was set up anew is expired', async () => {
  const { next_cursor: cursor } = await list({});
  const { rows } = await pool.query('SELECT epoch FROM log_epoch');
  await pool.query('UPDATE log_epoch SET epoch = gen_random_uuid()');
  expect(await refusalOf(`/v1/events?cursor=${cursor}`)).toBe('410 cursor_expired');
  await pool.query('UPDATE log_epoch SET epoch = $1', [rows[0].epoch]);
});

test('a user key sees the events of its owner and nothing else', async () => {
  expect(await idsOf({}, userKey)).toEqual(at(0, 2, 5));
  expect(await idsOf({ user_id: 'usr_abc123' }, userKey)).toEqual(at(0, 2, 5));
  expect(await idsOf({ event: 'award.*' }, userKey)).toEqual([]);
  expect(await refusalOf('/v1/events?user_id=usr_2', userKey)).toBe('403 forbidden');
  expect((await fetchAs(userKey, `/v1/events/${ids[0]}`)).status).toBe(200);
  for (const place of [1, 3, 4]) expect(await refusalOf(`/v1/events/${ids[place]}`, userKey)).toBe('404 not_found');
});

test('a system key that names a user in the header sees that user alone, in the list and in an export', async () => {
  const named = { authorization: `Bearer ${systemKey}`, 'x-buffy-user-id': 'usr_2' };
  const read = async (path: string) => (await fetch(stack.urlOf('event-log') + path, { headers: named })).text();
  expect(page.parse(JSON.parse(await read('/v1/events'))).data.map(({ id }) => id)).toEqual(at(1));
  expect((await read('/v1/events/export')).trim().split('\n').map((line) => recordedEvent.parse(JSON.parse(line)).id)).toEqual(at(1));
  // What the address says goes first, and a cursor is of the user it was given for.
  expect(page.parse(JSON.parse(await read('/v1/events?user_id=usr_abc123&event=activity.*'))).data.map(({ id }) => id)).toEqual(at(0, 2, 5));
  const { next_cursor: cursor } = await list({});
  expect(JSON.parse(await read(`/v1/events?cursor=${cursor}`))).toMatchObject({ code: 'cursor_invalid' });
});

test('another workspace sees none of it', async () => {
  expect(await idsOf({ user_id: 'usr_2' }, otherKey)).toEqual([]);
  expect(await idsOf({}, otherKey)).toHaveLength(1);
  expect(await refusalOf(`/v1/events/${ids[0]}`, otherKey)).toBe('404 not_found');
});

test.each([
  ['unknown', 'evt_unknown', '404 not_found'],
  ['with a character that no text here has', '%00', '404 not_found'],
  ['longer than any', 'a'.repeat(5_000), '404 not_found'],
  ['that is not UTF-8', '%ED%A0%80', '400 validation_failed'],
])('an id %s names nothing', async (_, id, refusal) => {
  expect(await refusalOf(`/v1/events/${id}`)).toBe(refusal);
});

test.each(['limit=1e2', 'limit=0x10', 'limit=%2B5', 'limit=1.0', 'limit=', 'entity_id=%ff', 'entity_id=%ED%A0%80', 'entity_id=%zz', '%ff=1'])('a query of %s is a 400', async (query) => {
  expect(await refusalOf(`/v1/events?${query}`)).toBe('400 validation_failed');
});

test('no key and an unknown key are 401, another method is 405', async () => {
  expect(await refusalOf('/v1/events', 'wgl_unknown')).toBe('401 unauthorized');
  expect((await fetch(`${stack.urlOf('event-log')}/v1/events`)).status).toBe(401);
  expect((await fetchAs(systemKey, '/v1/events', 'POST')).status).toBe(405);
});
