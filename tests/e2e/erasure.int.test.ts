import type { ServerProcess } from '@waggle/local-stack';
import { callApi, eventually, feltWithin, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

// Every service as a process: what is left of a user, and how soon the user's key stops.
const stack = useStack();
let receiver: Receiver;
let systemKey: string;
let log: ServerProcess;
const redis = new Redis(stack.redisUrl, { lazyConnect: true });
const startLog = async () => { log = await stack.start('event-log'); };

beforeAll(async () => {
  receiver = await startReceiver();
  await stack.start('behavior-core');
  await Promise.all([
    stack.start('ingress'),
    startLog(),
    stack.start('outbound-dispatcher', { ALLOW_INSECURE_ENDPOINTS: 'true', EGRESS_ALLOW_CIDRS: '127.0.0.0/8' }),
    stack.start('gateway'),
  ]);
  ({ systemKey } = await stack.createWorkspace());
  await redis.connect();
}, 120_000);
afterAll(async () => {
  redis.disconnect();
  await receiver?.stop();
});

const call = (method: string, path: string, body?: unknown, key = systemKey) => callApi(method, `${stack.urlOf('gateway')}${path}`, { key, body });

async function aUser(userId: string) {
  const { body: activity } = await call('POST', '/v1/activities', { user_id: userId, type: 'habit', name: 'Drink water' });
  const { body: key } = await call('POST', `/v1/users/${userId}/api-keys`, { label: 'phone' });
  return { activityId: String(activity.id), key: String(key.api_key) };
}
const complete = (userId: string, activityId: string, timestamp: string, key = systemKey) =>
  call('POST', '/v1/webhooks/inbound', { event: 'activity.completed', activity_id: activityId, user_id: userId, timestamp }, key);
const eventsOf = async (userId: string) => (await call('GET', `/v1/events?user_id=${userId}`)).body.data;
const deliveriesOf = async (userId: string) => (await call('GET', `/v1/webhooks/deliveries?user_id=${userId}`)).body.data;

/** Every row of the three databases that shows the text. */
async function rowsWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const owner of ['behavior-core', 'event-log', 'outbound-dispatcher'] as const) {
    const { rows: tables } = await stack.db(owner).query("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'");
    for (const { name } of tables) {
      const { rows } = await stack.db(owner).query(`SELECT to_json(t)::text AS row FROM "${name}" t WHERE to_json(t)::text LIKE '%' || $1 || '%'`, [text]);
      found.push(...rows.map(({ row }) => `${owner}.${name}: ${row}`));
    }
  }
  return found;
}

test('an erased user is in no database, the operation says so, and the key stops everywhere within five seconds', async () => {
  const { activityId, key } = await aUser('usr_erased');
  await aUser('usr_other');
  const endpoint = { url: receiver.url('/hook'), event_types: ['*'] };
  expect((await call('POST', '/v1/webhooks/endpoints', endpoint)).status).toBe(201);
  expect((await call('POST', '/v1/webhooks/endpoints', endpoint, key)).status).toBe(201);
  for (const day of ['01', '02', '03']) expect((await complete('usr_erased', activityId, `2026-03-${day}T08:00:00Z`, key)).status).toBe(200);
  await eventually(async () => expect(await eventsOf('usr_erased')).toHaveLength(4));
  await eventually(async () => expect((await deliveriesOf('usr_erased')).length).toBeGreaterThanOrEqual(6));

  const asOwner = async () => (await Promise.all([
    call('GET', '/v1/auth/me', undefined, key), call('GET', '/v1/events', undefined, key), call('GET', '/v1/webhooks/endpoints', undefined, key),
    complete('usr_erased', activityId, '2026-03-04T08:00:00Z', key),
  ])).map(({ status }) => status);
  const erased = await call('DELETE', '/v1/users/usr_erased');
  expect(erased).toMatchObject({ status: 202, body: { operation_id: expect.stringMatching(/^op_/) } });
  // Five seconds, and a question's time.
  await feltWithin(6_000, asOwner, (statuses) => expect(statuses).toEqual([401, 401, 401, 401]));

  const operation = () => call('GET', `/v1/operations/${erased.body.operation_id}`);
  await eventually(async () => expect((await operation()).body).toMatchObject({ kind: 'erase', status: 'completed', total: 3, done: 3, failed: 0 }));
  await eventually(async () => expect(await rowsWith('usr_erased')).toEqual([]));
  expect(await eventsOf('usr_erased')).toEqual([]);
  expect(await deliveriesOf('usr_erased')).toEqual([]);
  expect((await call('GET', '/v1/users/usr_erased')).status).toBe(404);
  expect(await eventsOf('usr_other')).toHaveLength(1);
}, 60_000);

test("no answer that was kept for a repetition outlives its user: not in Redis, and not where a system key's request named nobody", async () => {
  const { activityId } = await aUser('usr_repeats');
  const { activityId: others } = await aUser('usr_beside');
  const timestamp = '2026-03-01T08:00:00Z';
  const item = (user_id: string, activity_id: string, day: string) => ({ event: 'activity.completed', user_id, activity_id, timestamp: `2026-03-${day}T08:00:00Z` });
  const requests: [string, unknown][] = [
    ['/v1/webhooks/inbound', { event: 'activity.completed', activity_id: activityId, user_id: 'usr_repeats', timestamp }],
    ['/v1/activities/bulk', { operations: [item('usr_beside', others, '02'), item('usr_repeats', activityId, '02')] }],
    [`/v1/activities/${activityId}/skip`, { at: '2026-02-28T08:00:00Z' }],
    ['/v1/users/usr_repeats/api-keys', { label: 'tablet' }],
  ];
  const send = ([path, body]: [string, unknown]) => callApi('POST', `${stack.urlOf('gateway')}${path}`, { key: systemKey, body, headers: { 'idempotency-key': 'once' } });
  const sendAll = async () => {
    const answers = [];
    for (const request of requests) answers.push(await send(request));
    return answers;
  };
  const bystander = ['/v1/webhooks/inbound', { event: 'activity.completed', activity_id: others, user_id: 'usr_beside', timestamp }] as [string, unknown];
  const [first, kept] = [await sendAll(), await send(bystander)];
  expect(first.map(({ status }) => status)).toEqual([200, 200, 200, 201]);
  const isReplay = ({ headers }: { headers: Headers }) => headers.get('idempotent-replayed') === 'true';
  expect((await sendAll()).map(isReplay)).toEqual([true, true, true, true]);
  const inRedis = async (text: string) => {
    const keys = await redis.keys('*');
    const values = await Promise.all(keys.map(async (key) => ((await redis.type(key)) === 'string' ? `${key} ${await redis.get(key)}` : `${key} ${String(await redis.zrange(key, '0', '-1').catch(() => ''))}`)));
    return values.filter((value) => value.includes(text));
  };
  expect(await inRedis(activityId)).toHaveLength(2);

  const { operation_id } = (await call('DELETE', '/v1/users/usr_repeats')).body;
  await eventually(async () => expect((await call('GET', `/v1/operations/${operation_id}`)).body.status).toBe('completed'));
  expect(await inRedis(activityId)).toEqual([]);
  const again = await sendAll();
  expect(again.map(isReplay)).toEqual([false, false, false, false]);
  expect(again.map(({ status }) => status)).toEqual([404, 200, 404, 404]);
  expect(again[1]!.body.results).toMatchObject([first[1]!.body.results[0], { status: 'failed', error: { code: 'not_found' } }]);
  expect(await send(bystander)).toMatchObject({ body: kept.body });
}, 60_000);

test('one who comes again at once has a log and webhooks of the new life only', async () => {
  const { activityId } = await aUser('usr_again');
  await complete('usr_again', activityId, '2026-03-01T08:00:00Z');
  const { operation_id } = (await call('DELETE', '/v1/users/usr_again')).body;
  const second = await aUser('usr_again');
  await complete('usr_again', second.activityId, '2026-03-02T08:00:00Z');
  await eventually(async () => expect((await call('GET', `/v1/operations/${operation_id}`)).body.status).toBe('completed'));
  await eventually(async () => {
    const events = await eventsOf('usr_again');
    expect(events.map(({ event, activity }: { event: string; activity: { id: string } }) => [event, activity.id])).toEqual([
      ['activity.created', second.activityId], ['activity.completed', second.activityId],
    ]);
  });
  await eventually(async () => expect(await deliveriesOf('usr_again')).toHaveLength(2));
  expect(await rowsWith(activityId)).toEqual([]);
}, 60_000);

test('a service that is down meanwhile erases when it is back; until then the operation is not complete', async () => {
  const { activityId } = await aUser('usr_down');
  await complete('usr_down', activityId, '2026-03-01T08:00:00Z');
  await eventually(async () => expect(await eventsOf('usr_down')).toHaveLength(2));
  await log.stop();
  const { operation_id } = (await call('DELETE', '/v1/users/usr_down')).body;
  const operation = async () => (await call('GET', `/v1/operations/${operation_id}`)).body;
  await eventually(async () => expect(await operation()).toMatchObject({ status: 'running', total: 3, done: 2 }));
  await startLog();
  await eventually(async () => expect(await operation()).toMatchObject({ status: 'completed', done: 3 }), { timeoutMs: 30_000 });
  expect(await rowsWith('usr_down')).toEqual([]);
}, 90_000);
