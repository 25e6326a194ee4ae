import type { ServerProcess } from '@waggle/local-stack';
import { callApi, eventually, startInstance, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '@waggle/runtime';
import { createRedis } from '@waggle/http';
import { Redis } from 'ioredis';
import { createReplyChannel } from '../src/adapters/reply-channel.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

const stack = useStack();
const LIMIT = 4;
let core: ServerProcess;
let systemKey: string;
let userKey: string;
let operationOfNobody: string;

const onCore = (path: string) => `${stack.urlOf('behavior-core')}${path}`;
const post = (body: unknown, { key = systemKey, headers = {} }: { key?: string; headers?: Record<string, string> } = {}) =>
  callApi('POST', `${stack.urlOf('ingress')}/v1/webhooks/inbound`, { key, body, headers });

let users = 0;
/** A user of its own, so that no test is limited by another's requests. */
async function aHabit() {
  const user_id = `usr_${users++}`;
  const { body } = await callApi('POST', onCore('/v1/activities'), { key: systemKey, body: { type: 'habit', name: 'Drink water', user_id, channels: ['telegram'] } });
  return { event: 'activity.completed', activity_id: String(body.id), user_id, timestamp: '2026-03-28T08:12:44Z' };
}

beforeAll(async () => {
  core = await stack.start('behavior-core');
  ({ systemKey } = await stack.createWorkspace());
  const { user_id } = await aHabit();
  userKey = (await callApi('POST', onCore(`/v1/users/${user_id}/api-keys`), { key: systemKey, body: { label: 'phone' } })).body.api_key;
  operationOfNobody = `op_${'0'.repeat(56)}`;
  await stack.run(createApp(loadConfig(stack.envOf('ingress', { INBOUND_LIMIT: String(LIMIT) }))).components);
}, 60_000);

test('a completed activity is answered with its new state, and the same request again with the same content', async () => {
  const body = await aHabit();
  const first = await post(body);
  expect(first).toMatchObject({
    status: 200,
    body: { status: 'processed', operation_id: expect.stringMatching(/^op_/), activities: null, events: [{ id: expect.stringMatching(/^evt_/), event: 'activity.completed' }] },
  });
  expect(first.body.activity).toMatchObject({ id: body.activity_id, user_id: body.user_id, type: 'habit', name: 'Drink water', streak: { longest: 1 } });
  expect(first.headers.get('x-request-id')).toMatch(/^req_/);

  const second = await post({ ...body, partners: 'add fields' });
  expect(second).toMatchObject({ status: 200, body: { ...first.body, status: 'duplicate' } });
  const third = await post({ ...body, timestamp: '2026-03-28T10:00:00+01:00' });
  expect(third).toMatchObject({ status: 200, body: { status: 'unchanged', events: [] } });
});

test('parallel requests that are the same have one effect and one answer', async () => {
  const body = await aHabit();
  const answers = await Promise.all(Array.from({ length: LIMIT }, () => post(body)));
  expect(answers.map(({ status }) => status)).toEqual(Array(LIMIT).fill(200));
  expect(answers.filter(({ body: { status } }) => status === 'processed')).toHaveLength(1);
  expect(new Set(answers.map((answer) => JSON.stringify({ ...answer.body, status: '' }))).size).toBe(1);
});

test('what cannot be done now is refused, and may be asked again once its cause is gone', async () => {
  const habit = await aHabit();
  await post(habit);
  expect(await post({ ...habit, event: 'activity.skipped' })).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  const unknown = { ...habit, activity_id: 'act_later' };
  expect(await post(unknown)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  await callApi('POST', onCore('/v1/activities'), { key: systemKey, body: { id: 'act_later', type: 'task', name: 'Onboarding', user_id: habit.user_id } });
  expect(await post(unknown)).toMatchObject({ status: 200, body: { status: 'processed', activity: { type: 'task', status: 'completed', streak: null } } });
});

test('an archived activity is refused', async () => {
  const habit = await aHabit();
  expect((await callApi('DELETE', onCore(`/v1/activities/${habit.activity_id}`), { key: systemKey })).status).toBe(204);
  expect(await post(habit)).toMatchObject({ status: 409, body: { code: 'activity_archived' } });
});

describe('bad input', () => {
  const well = { event: 'activity.completed', activity_id: 'act_1', timestamp: '2026-03-28T08:12:44Z' };
  test.each([
    { status: 401, code: 'unauthorized', description: 'no key', content: well, options: { headers: { authorization: '' } } },
    { status: 401, code: 'unauthorized', description: 'a key that is none', content: well, options: { key: 'wgl_nobody' } },
    { status: 400, code: 'malformed_json', description: 'JSON that cannot be read', content: '{"event":' },
    { status: 400, code: 'malformed_json', description: 'bytes that are not UTF-8', content: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) },
    { status: 400, code: 'malformed_json', description: 'nesting without end', content: '['.repeat(50_000) },
    { status: 400, code: 'validation_failed', description: 'a body that is no object', content: '[1]' },
    { status: 400, code: 'validation_failed', description: 'a missing field', content: { ...well, activity_id: undefined } },
    { status: 400, code: 'validation_failed', description: 'a timestamp without offset', content: { ...well, timestamp: '2026-03-28T08:12:44' } },
    { status: 400, code: 'validation_failed', description: 'a timestamp far ahead', content: { ...well, timestamp: '2999-01-01T00:00:00Z' } },
    { status: 400, code: 'validation_failed', description: 'a channel that cannot be kept', content: { ...well, channel: 'a\u0000b' } },
    { status: 400, code: 'validation_failed', description: 'a recurrence that cannot be kept', content: { ...well, event: 'onboarding.completed', activities: [{ type: 'habit', name: 'Read', schedule: { recurrence: 'a\u0000' } }] } },
    { status: 400, code: 'validation_failed', description: 'a recurrence with half a character', content: { ...well, event: 'onboarding.completed', activities: [{ type: 'habit', name: 'Read', schedule: { recurrence: 'a\ud800' } }] } },
    { status: 413, code: 'payload_too_large', description: 'more than 64 KB', content: { ...well, extra: 'x'.repeat(65_536) } },
    { status: 415, code: 'unsupported_media_type', description: 'something that is not JSON', content: 'a=b', options: { headers: { 'content-type': 'text/plain' } } },
    { status: 415, code: 'unsupported_media_type', description: 'a compressed body', content: well, options: { headers: { 'content-encoding': 'gzip' } } },
    { status: 422, code: 'unknown_event', description: 'an event we do not know', content: { ...well, event: 'activity.eaten' } },
  ])('$status $code for $description', async ({ status, code, content, options }) => {
    const body = typeof content === 'object' && !Buffer.isBuffer(content) ? { user_id: `usr_bad_${users++}`, ...content } : content;
    const answer = await post(body, options);
    expect(answer).toMatchObject({ status, body: { status, code, title: expect.any(String), instance: answer.headers.get('x-request-id') } });
    expect(answer.body.type).toBe(`http://localhost:8080/docs/problems/${code}`);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  test('a validation problem names each faulty field', async () => {
    const { body } = await post({ event: 'activity.completed', activity_id: 'nothing', user_id: 'usr_fields', timestamp: 'yesterday' });
    expect(body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual(['activity_id', 'timestamp']);
  });

  test("a user key cannot act for somebody else, nor see that somebody else's activity exists", async () => {
    const { user_id, activity_id, ...habit } = await aHabit();
    expect(await post({ ...habit, activity_id, user_id }, { key: userKey })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await callApi('GET', onCore(`/v1/activities/${activity_id}`), { key: userKey })).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('another method is a 405, another path a 404', async () => {
    const answer = await callApi('GET', `${stack.urlOf('ingress')}/v1/webhooks/inbound`, { key: systemKey });
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe('POST');
    expect(await callApi('GET', `${stack.urlOf('ingress')}/v1/nothing`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

test('429 beyond the limit, whatever became of the requests before, and another user is not concerned', async () => {
  const body = { event: 'activity.eaten', user_id: 'usr_limited' };
  const statuses = [];
  for (let n = 0; n <= LIMIT; n++) statuses.push((await post(body)).status);
  expect(statuses).toEqual([...Array(LIMIT).fill(422), 429]);

  const { headers, body: problem } = await post(body);
  expect(problem).toMatchObject({ code: 'quota_exceeded' });
  expect(headers.get('ratelimit-policy')).toBe('"inbound";q=4;w=60');
  expect(headers.get('ratelimit')).toMatch(/^"inbound";r=0;t=\d+$/);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
  expect((await post({ ...body, user_id: 'usr_unlimited' })).status).toBe(422);
});

test("a system key's requests that say of no user whom they are for count as its own", async () => {
  const { systemKey: key } = await stack.createWorkspace();
  const nameless = [{ event: 'activity.completed' }, { event: 'activity.completed', user_id: 'usr lost' }, [], {}];
  const answers = [];
  for (const body of nameless) answers.push(await post(body, { key }));
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  expect(answers.map(({ headers }) => headers.get('ratelimit')?.split(';t')[0])).toEqual(['"api";r=599', '"api";r=598', '"api";r=597', '"api";r=596']);
  expect((await post({ event: 'activity.eaten', user_id: 'usr_found' }, { key })).headers.get('ratelimit-policy')).toBe('"inbound";q=4;w=60');
});

test('while the core is away: 202 with the place to ask, and what was accepted is done when it is back', async () => {
  const habit = await aHabit();
  const { url } = await startInstance(stack, 'ingress', { INBOUND_WAIT_MS: '300' });
  const postThere = (body: object) => callApi('POST', `${url}/v1/webhooks/inbound`, { key: systemKey, body });
  await postThere({ ...habit, timestamp: '2026-03-27T08:12:44Z' });
  await core.stop();
  const answer = await postThere(habit);
  expect(answer).toMatchObject({ status: 202, body: { status: 'accepted', operation_id: expect.stringMatching(/^op_/) } });
  const location = answer.headers.get('location');
  expect(location).toBe(`/v1/operations/${answer.body.operation_id}`);

  await core.restart();
  await eventually(async () => expect(await callApi('GET', onCore(String(location)), { key: systemKey })).toMatchObject({
    status: 200,
    body: { kind: 'inbound', status: 'completed', total: 1, done: 1, failed: 0, result: { status_code: 200, body: { status: 'processed' } } },
  }));
  expect(await callApi('GET', onCore(String(location)), { key: userKey })).toMatchObject({ status: 404 });
  expect(await callApi('GET', onCore(`/v1/operations/${operationOfNobody}`), { key: systemKey })).toMatchObject({ status: 404 });
}, 60_000);

test('replies are heard once Redis permits it, whatever else comes by their channel', async () => {
  const admin = new Redis(stack.redisUrl);
  const name = `listener-${process.pid}`;
  await admin.acl('SETUSER', name, 'on', '>secret', '+@all', '~*', 'resetchannels');
  const withName = new URL(stack.redisUrl);
  Object.assign(withName, { username: name, password: 'secret' });
  const logger = createLogger('test', 'silent');
  const refusals: unknown[] = [];
  const redis = createRedis({ url: withName.href, timeoutMs: 5_000 }, logger);
  const channel = createReplyChannel(redis.client, name, Object.assign(logger, { warn: (line: unknown) => refusals.push(line) }));
  const stop = await stack.run([redis, channel]);
  try {
    await eventually(() => expect(refusals).not.toEqual([]));
    expect(channel.isListening()).toBe(false);
    await admin.acl('SETUSER', name, 'allchannels');
    await eventually(() => expect(channel.isListening()).toBe(true));

    const heard: string[] = [];
    channel.await('op_1', ({ operation_id }) => heard.push(operation_id));
    for (const text of ['no JSON', '{}', JSON.stringify([{ operation_id: 'op_1', result: { status: 'refused', code: 'not_found', detail: '' } }])]) await admin.publish(channel.address, text);
    await eventually(() => expect(heard).toEqual(['op_1']));
  } finally {
    await stop();
    await admin.acl('DELUSER', name);
    admin.disconnect();
  }
});
