import { awaitedBulkCommand, behaviorEvent, bulkCommand } from '@waggle/contracts';
import type { ServerProcess } from '@waggle/local-stack';
import { callApi, eventually, startInstance, useStack, writtenTo } from '@waggle/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

const stack = useStack();
const commands = stack.collect(bulkCommand.topic);
const awaitedCommands = stack.collect(awaitedBulkCommand.topic);
const events = stack.collect(behaviorEvent.topic);
const redis = new Redis(stack.redisUrl, { lazyConnect: true });
let core: ServerProcess;
let systemKey: string;
let userKey: string;

const onCore = (path: string) => `${stack.urlOf('behavior-core')}${path}`;
const onIngress = (path: string) => `${stack.urlOf('ingress')}${path}`;
const accepted = z.object({ operation_id: z.string() });
const ndjson = { 'content-type': 'application/x-ndjson' };

interface Options {
  key?: string;
  headers?: Record<string, string>;
  query?: string;
  url?: string;
}
const post = (body: unknown, { key = systemKey, headers = {}, query = '', url = stack.urlOf('ingress') }: Options = {}) =>
  callApi('POST', `${url}/v1/activities/bulk${query}`, { key, body, headers });
const postItems = (operations: readonly unknown[], options: Options = {}) => post({ operations }, options);
const postLines = (lines: readonly unknown[], options: Options = {}) => {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  return post(`${text}\n`, { ...options, headers: { ...ndjson, ...options.headers } });
};

const written = () => Promise.all([bulkCommand, awaitedBulkCommand].map(({ topic }) => writtenTo(stack.kafka, topic)));

let users = 0;
async function aUser(): Promise<{ user_id: string; activity_id: string }> {
  const user_id = `usr_${users++}`;
  const { body } = await callApi('POST', onCore('/v1/activities'), { key: systemKey, body: { type: 'habit', name: 'Drink water', user_id, schedule: { starts_on: '2026-01-01' } } });
  return { user_id, activity_id: String(body.id) };
}

/** Node wants to be told that the answer comes after the body. */
const streamed = (headers: Record<string, string>, body: ReadableStream, signal?: AbortSignal) => ({ method: 'POST', headers, body, duplex: 'half' as const, ...(signal && { signal }) });

const on = (day: number) => new Date(Date.UTC(2026, 0, day, 12)).toISOString();
const completed = (of: object, day: number) => ({ event: 'activity.completed', ...of, timestamp: on(day) });
const find = (operationId: string, key = systemKey) => callApi('GET', onCore(`/v1/operations/${operationId}`), { key });

async function whenCompleted(operationId: string) {
  await eventually(async () => expect((await find(operationId)).body).toMatchObject({ status: 'completed' }), { timeoutMs: 30_000 });
  return (await find(operationId)).body;
}

async function resultsOf(operationId: string, query = ''): Promise<{ index: number; status: string; error: { code: string; detail: string } | null }[]> {
  const { body } = await callApi('GET', onCore(`/v1/operations/${operationId}/results?limit=200${query}`), { key: systemKey });
  return body.has_more ? [...body.data, ...(await resultsOf(operationId, `&cursor=${body.next_cursor}`))] : body.data;
}

const eventsOf = (user: string) => events.filter(({ key }) => key.endsWith(`:${user}`)).map(({ value }) => JSON.parse(value));

beforeAll(async () => {
  await redis.connect();
  core = await stack.start('behavior-core', { API_LIMIT_PER_MINUTE: '100000' });
  ({ systemKey } = await stack.createWorkspace());
  const { user_id } = await aUser();
  userKey = (await callApi('POST', onCore(`/v1/users/${user_id}/api-keys`), { key: systemKey, body: { label: 'phone' } })).body.api_key;
  await stack.run(createApp(loadConfig(stack.envOf('ingress', { BULK_WAIT_MS: '15000', BULK_LIMIT: '1000' }))).components);
}, 60_000);
afterAll(() => redis.disconnect());

describe('JSON', () => {
  test('each item has its result in the order of the request, and a bad one blocks nobody', async () => {
    const [one, two] = [await aUser(), await aUser()];
    const answer = await postItems([
      completed(one, 1),
      completed(two, 1),
      { event: 'activity.eaten', user_id: one.user_id },
      completed(one, 1),
      { ...completed(one, 2), timestamp: '2026-01-02T08:00:00' },
      completed({ ...one, activity_id: two.activity_id }, 2),
      'nothing',
      { ...completed(one, 2), event: 'activity.skipped' },
      completed(one, 3),
      { event: 'activity.create', user_id: 'usr_new', activity: { id: 'act_new', type: 'task', name: 'Onboarding' } },
    ]);
    expect(answer).toMatchObject({ status: 200, body: { operation_id: expect.stringMatching(/^op_/), succeeded: 6, failed: 4 } });
    expect(answer.body.results.map(({ status, error }: { status: string; error: { code: string } | null }) => error?.code ?? status)).toEqual([
      'processed', 'processed', 'unknown_event', 'duplicate', 'validation_failed', 'not_found', 'validation_failed', 'processed', 'processed', 'processed',
    ]);
    expect(answer.body.results.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(answer.body.results[0]).toEqual({ index: 0, status: 'processed', activity_id: one.activity_id, error: null });
    expect(answer.body.results[4].error.detail).toContain('timestamp');
    expect(answer.body.results[9].activity_id).toBe('act_new');

    expect((await find(answer.body.operation_id)).body).toMatchObject({
      kind: 'bulk', status: 'completed', total: 10, done: 10, failed: 4, result: { status_code: 200, body: answer.body }, completed_at: expect.any(String),
    });
    expect(await resultsOf(answer.body.operation_id)).toEqual(answer.body.results);
  });

  test('items of one user share few records and are done in their order', async () => {
    const habit = await aUser();
    const days = Array.from({ length: 200 }, (_, index) => ((index * 37) % 200) + 1);
    const answer = await postItems(days.map((day) => completed(habit, day)));
    expect(answer.body).toMatchObject({ succeeded: 200, failed: 0 });
    await eventually(() => expect(awaitedCommands.filter(({ value }) => JSON.parse(value).operation_id === answer.body.operation_id)).toHaveLength(1));
    await eventually(() => expect(eventsOf(habit.user_id)).toHaveLength(201));
    expect(eventsOf(habit.user_id).slice(1).map(({ timestamp }) => timestamp)).toEqual(days.map((day) => on(day).replace('.000Z', 'Z')));
  });

  test("a user key's item for somebody else is forbidden, and its own are done", async () => {
    const { user_id } = (await callApi('GET', onCore('/v1/auth/me'), { key: userKey })).body;
    const { body: own } = await callApi('POST', onCore('/v1/activities'), { key: userKey, body: { type: 'habit', name: 'Read' } });
    const answer = await postItems([completed(await aUser(), 1), completed({ user_id, activity_id: own.id }, 1)], { key: userKey });
    expect(answer.body).toMatchObject({ succeeded: 1, failed: 1, results: [{ error: { code: 'forbidden' } }, { status: 'processed' }] });
    expect(await find(answer.body.operation_id, userKey)).toMatchObject({ status: 200 });
  });

  test('the same items again are duplicates', async () => {
    const items = [completed(await aUser(), 1)];
    await postItems(items);
    expect((await postItems(items)).body.results).toMatchObject([{ status: 'duplicate' }]);
    expect(await callApi('POST', onIngress('/v1/webhooks/inbound'), { key: systemKey, body: items[0] })).toMatchObject({ status: 200, body: { status: 'duplicate' } });
  });

  test.each([
    { status: 400, code: 'validation_failed', description: '1,001 items', content: { operations: Array(1_001).fill('an item') } },
    { status: 400, code: 'validation_failed', description: 'no item', content: { operations: [] } },
    { status: 400, code: 'validation_failed', description: 'no list', content: [] },
    { status: 400, code: 'malformed_json', description: 'JSON that cannot be read', content: '{"operations":[' },
    { status: 413, code: 'payload_too_large', description: 'more than 2 MB', content: { operations: ['x'.repeat(2_100_000)] } },
    { status: 415, code: 'unsupported_media_type', description: 'another type', content: 'a', headers: { 'content-type': 'text/csv' } },
    { status: 400, code: 'validation_failed', description: 'no line', content: '\n', headers: { 'content-type': 'application/x-ndjson' } },
  ])('$status $code for $description, and nothing is done', async ({ status, code, content, headers = {} }) => {
    const before = await written();
    const faults = code === 'validation_failed' ? { errors: expect.arrayContaining([{ path: expect.any(String), message: expect.any(String) }]) } : {};
    expect(await post(content, { headers })).toMatchObject({ status, body: { code, ...faults } });
    expect(await written()).toEqual(before);
  });

  test('it has a limit of its own', async () => {
    const { headers } = await postItems([completed(await aUser(), 1)]);
    expect(headers.get('ratelimit-policy')).toBe('"bulk";q=1000;w=60');
  });
});

test('an item that no record has room for fails alone', async () => {
  const user = await aUser();
  const steps = Array.from({ length: 100 }, () => ({ name: 's'.repeat(200) }));
  const activities = Array.from({ length: 50 }, () => ({ type: 'routine', name: 'Morning', steps }));
  const large = { event: 'onboarding.completed', user_id: 'usr_large', timestamp: on(1), activities };
  const { status, body } = await postItems([large, completed(user, 1)]);
  expect([status, body.results]).toMatchObject([200, [{ index: 0, status: 'failed', error: { code: 'payload_too_large' } }, { index: 1, status: 'processed' }]]);
});

describe('lines', () => {
  test('are accepted before they are done, and a broken one fails alone, with its number', async () => {
    const habit = await aUser();
    const answer = await postLines([completed(habit, 1), '{"event":', '', `{"pad":"${'x'.repeat(65_536)}"}`, completed(habit, 1), completed(habit, 2)]);
    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted', operation_id: expect.stringMatching(/^op_/) } });
    expect(answer.headers.get('location')).toBe(`/v1/operations/${answer.body.operation_id}`);
    expect(await whenCompleted(answer.body.operation_id)).toMatchObject({ kind: 'bulk', total: 5, done: 5, failed: 2, result: null });
    expect(await resultsOf(answer.body.operation_id)).toMatchObject([
      { index: 0, status: 'processed' },
      { index: 1, status: 'failed', error: { code: 'malformed_json', detail: expect.stringContaining('Line 2:') } },
      { index: 3, status: 'failed', error: { code: 'payload_too_large', detail: expect.stringContaining('Line 4:') } },
      { index: 4, status: 'duplicate' },
      { index: 5, status: 'processed' },
    ]);
    expect(await resultsOf(answer.body.operation_id, '&status=failed')).toHaveLength(2);
  });

  test('thousands of them, of many users, are all done, each user in its order', async () => {
    const habits = await Promise.all(Array.from({ length: 10 }, aUser));
    const lines = Array.from({ length: 3_000 }, (_, index) => completed(habits[index % 10]!, Math.floor(index / 10) + 1));
    const answer = await postLines(lines);
    expect(await whenCompleted(answer.body.operation_id)).toMatchObject({ total: 3_000, done: 3_000, failed: 0 });
    expect((await resultsOf(answer.body.operation_id)).map(({ index }) => index)).toEqual(lines.map((_, index) => index));
    for (const { user_id } of habits) {
      await eventually(() => expect(eventsOf(user_id)).toHaveLength(301));
      expect(eventsOf(user_id).slice(1).map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 300 }, (_, day) => on(day + 1).replace('.000Z', 'Z')));
    }
  }, 60_000);

  test('an operation is known before anything of it is done, to its creator and no stranger', async () => {
    const habit = await aUser();
    await core.stop();
    const { body } = await postLines([completed(habit, 1)]);
    await core.restart();
    await eventually(async () => expect((await find(body.operation_id)).status).toBe(200));
    expect(await find(body.operation_id, userKey)).toMatchObject({ status: 404 });
    expect(await whenCompleted(body.operation_id)).toMatchObject({ done: 1 });
  }, 60_000);

  test.each([
    { status: 400, code: 'validation_failed', description: 'nothing', content: '\n' },
    { status: 400, code: 'validation_failed', description: 'an unknown parameter', content: '{}', query: '?loud=true' },
    { status: 415, code: 'unsupported_media_type', description: 'a compressed body', content: '{}', headers: { 'content-encoding': 'gzip' } },
  ])('$status $code for $description', async ({ status, code, content, query = '', headers = {} }) => {
    expect(await post(content, { query, headers: { ...ndjson, ...headers } })).toMatchObject({ status, body: { code } });
  });

  test('an upload that breaks off is done as far as it had come', async () => {
    const habit = await aUser();
    const lines = Array.from({ length: 20_000 }, (_, index) => JSON.stringify(completed(habit, (index % 300) + 1))).join('\n');
    const ofHabit = () => commands.map(({ value }) => JSON.parse(value)).find(({ user_id: user }) => user === habit.user_id);
    const abort = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(lines)),
      async pull() {
        await eventually(() => expect(ofHabit()).toBeDefined());
        abort.abort();
      },
    });
    const headers = { ...ndjson, authorization: `Bearer ${systemKey}` };
    await expect(fetch(onIngress('/v1/activities/bulk'), streamed(headers, body, abort.signal))).rejects.toThrow();
    const { total, done } = await whenCompleted(ofHabit().operation_id);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(20_000);
    expect(done).toBe(total);
  }, 60_000);

  test('a slow upload is read to its end, with others answered meanwhile and its key held for it', async () => {
    const [slow, other] = [await aUser(), await aUser()];
    const pieces = Array.from({ length: 5 }, (_, day) => `${JSON.stringify(completed(slow, day + 1))}\n`).values();
    const body = new ReadableStream({
      async pull(controller) {
        expect(await postItems([completed(other, 1)])).toMatchObject({ status: 200 });
        const { value, done } = pieces.next();
        if (done !== true) return controller.enqueue(new TextEncoder().encode(value));
        // Nothing more comes until its lease has been renewed.
        const [lease] = await redis.keys('idempotent:*');
        const endsInMs = await redis.pttl(lease!);
        await eventually(async () => expect(await redis.pttl(lease!)).toBeGreaterThan(endsInMs));
        controller.close();
      },
    });
    await redis.flushdb();
    const headers = { ...ndjson, authorization: `Bearer ${systemKey}`, 'idempotency-key': 'slow' };
    const response = await fetch(onIngress('/v1/activities/bulk'), streamed(headers, body));
    expect(response.status).toBe(202);
    const { operation_id } = accepted.parse(await response.json());
    expect(await whenCompleted(operation_id)).toMatchObject({ total: 5, failed: 0 });
  });

  test('beyond 100,000 lines: 413, and it says which operation the lines before are', async () => {
    const answer = await postLines(Array(100_001).fill('1'));
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large', detail: expect.stringMatching(/op_[0-9a-f]+/) } });
    const [operationId] = /op_[0-9a-f]+/.exec(answer.body.detail) ?? [];
    expect(await whenCompleted(operationId!)).toMatchObject({ total: 100_000, done: 100_000, failed: 100_000 });
  }, 60_000);
});

describe('order', () => {
  test('what comes for a user goes behind what came before in whichever form, and others wait for nothing', async () => {
    const [one, other, third] = [await aUser(), await aUser(), await aUser()];
    // It waits for one request at a time, and not for long.
    const { url } = await startInstance(stack, 'ingress', { BULK_WAIT_MS: '3000', WAITING_MAX: '1' });
    expect((await postItems([completed(third, 2)], { url })).status).toBe(200);
    const at = (hour: number, event: string, of: object) => ({ event: `activity.${event}`, ...of, timestamp: new Date(Date.UTC(2026, 0, 1, hour)).toISOString() });
    const usersIn = (records: typeof commands, operationId: string) => records.map(({ value }) => JSON.parse(value)).filter(({ operation_id: id }) => id === operationId).flatMap(({ user_id: user }) => user ?? []);
    process.kill(core.pid, 'SIGSTOP');
    const lines = (await postLines([at(8, 'completed', one)])).body.operation_id;
    // What is refused meanwhile is no gap through which the next one gets to the front.
    const waiting = postItems([completed(third, 1)], { url });
    await eventually(() => expect(awaitedCommands.filter(({ value }) => JSON.parse(value).user_id === third.user_id)).toHaveLength(2));
    expect((await postItems([at(9, 'reopened', one)], { url })).status).toBe(503);
    expect((await waiting).status).toBe(202);
    const items = await postItems([at(9, 'reopened', one), at(9, 'completed', other)], { url });
    expect(items.status).toBe(202);
    const late = (await postLines([at(10, 'reopened', other), at(10, 'completed', one)])).body.operation_id;
    process.kill(core.pid, 'SIGCONT');

    await eventually(() => expect([usersIn(commands, lines), usersIn(commands, items.body.operation_id), usersIn(commands, late)]).toEqual([[one.user_id], [one.user_id], [one.user_id]]));
    await eventually(() => expect([usersIn(awaitedCommands, items.body.operation_id), usersIn(awaitedCommands, late)]).toEqual([[other.user_id], [other.user_id]]));
    for (const id of [lines, items.body.operation_id, late]) {
      await whenCompleted(id);
      expect((await resultsOf(id)).filter(({ status }) => status !== 'processed')).toEqual([]);
    }
    // Nothing of theirs is under way any more.
    const next = (await postItems([at(11, 'reopened', one)])).body;
    expect(next.results).toMatchObject([{ status: 'processed' }]);
    await eventually(() => expect(usersIn(awaitedCommands, next.operation_id)).toEqual([one.user_id]));
  });
});

describe('Idempotency-Key', () => {
  let keys = 0;
  const withKey = (key = `key ${keys++}`) => ({ headers: { 'idempotency-key': key } });

  test.each([{ name: 'JSON', send: postItems }, { name: 'lines', send: postLines }])('$name: the same again is answered word for word, another body refused', async ({ send }) => {
    const options = withKey();
    const habit = await aUser();
    const first = await send([completed(habit, 1)], options);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const second = await send([completed(habit, 1)], options);
    expect(second).toMatchObject({ status: first.status, body: first.body });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await send([completed(habit, 2)], options)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect((await send([completed(habit, 1)], withKey())).headers.get('idempotent-replayed')).toBeNull();
  });

  test('a refused request is answered again as it was', async () => {
    const options = withKey();
    const first = await postItems([], options);
    expect(await postItems([], options)).toMatchObject({ status: 400, body: first.body });
  });

  test('equal items of one request are duplicates all the same', async () => {
    const habit = await aUser();
    const { body } = await postItems([completed(habit, 1), completed(habit, 1)], withKey());
    expect(body.results).toMatchObject([{ status: 'processed' }, { status: 'duplicate' }]);
  });

  test('with Redis emptied nothing is done twice, and an item that is another is refused', async () => {
    const options = withKey();
    const habit = await aUser();
    const first = await postItems([completed(habit, 1), completed(habit, 2)], options);
    await redis.flushdb();
    const second = await postItems([completed(habit, 1), completed(habit, 3)], options);
    expect(second.body.results).toMatchObject([first.body.results[0], { status: 'failed', error: { code: 'idempotency_key_reused' } }]);
    await postItems([completed(habit, 9)]);
    await eventually(() => expect(eventsOf(habit.user_id).at(-1).timestamp).toBe('2026-01-09T12:00:00Z'));
    expect(eventsOf(habit.user_id)).toHaveLength(4);
  });

  test('a single inbound request: its answer, its refusal and its other body', async () => {
    const habit = await aUser();
    const inbound = (body: unknown, options: Options) => callApi('POST', onIngress('/v1/webhooks/inbound'), { key: systemKey, body, headers: options.headers ?? {} });
    const [done, refused] = [withKey(), withKey()];
    const first = await inbound(completed(habit, 1), done);
    expect(first).toMatchObject({ status: 200, body: { status: 'processed' } });
    const second = await inbound(completed(habit, 1), done);
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await inbound(completed(habit, 2), done)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });

    const unknown = { ...completed(habit, 1), activity_id: 'act_unknown' };
    const refusal = await inbound(unknown, refused);
    expect(refusal).toMatchObject({ status: 404 });
    expect(await inbound(unknown, refused)).toMatchObject({ status: 404, body: refusal.body });

    await redis.flushdb();
    const third = await inbound(completed(habit, 1), done);
    expect(third).toMatchObject({ status: 200, body: first.body });
    expect(third.headers.get('idempotent-replayed')).toBe('true');
    await redis.flushdb();
    expect(await inbound(completed(habit, 2), done)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await inbound(unknown, refused)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
