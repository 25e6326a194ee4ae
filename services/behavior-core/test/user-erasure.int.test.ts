import { answerIndexKey, behaviorCommand, behaviorEvent, erasureMarkKey, newId, userDigest, userErased, userErasure, type BehaviorCommand } from '@waggle/contracts';
import { createRedis } from '@waggle/http';
import { toRecord } from '@waggle/kafka';
import { createLogger } from '@waggle/runtime';
import { aCommand, callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { createAnswerEraser } from '../src/adapters/people/answer-eraser.ts';
import { createErasureStore } from '../src/adapters/people/erasure-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

const stack = useStack();
const erasures = stack.collect(userErasure.topic);
const events = stack.collect(behaviorEvent.topic);
const db = () => stack.db('behavior-core');
const redis = createRedis({ url: stack.redisUrl, timeoutMs: 5_000 }, createLogger('test', 'silent'));
let system = '';
let workspaceId = '';

beforeAll(async () => {
  await stack.run([redis]);
  await stack.run(createApp(loadConfig(stack.envOf('behavior-core', { API_LIMIT_PER_MINUTE: '10000' }))).components);
  ({ systemKey: system, workspaceId } = await stack.createWorkspace());
});

async function call(method: string, path: string, { body, key = system, headers }: { body?: unknown; key?: string; headers?: Record<string, string> } = {}) {
  const answer = await callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key, body, ...(headers && { headers }) });
  return { status: answer.status, body: answer.body, location: answer.headers.get('location') };
}

const commandFor = (userId: string, activityId: string, day = 1): BehaviorCommand => ({
  ...aCommand({ userId, activityId, timestamp: new Date(Date.UTC(2026, 0, day, 12)).toISOString() }), workspace_id: workspaceId, creator_user_id: userId,
});
const publish = (...commands: BehaviorCommand[]) => stack.publish(commands.map((command) => toRecord(behaviorCommand, command)));
const operationOf = async (command: BehaviorCommand) => (await db().query('SELECT outcome, refusal FROM operations WHERE id = $1', [command.operation_id])).rows[0];
const isDecided = (command: BehaviorCommand) => eventually(async () => expect(await operationOf(command)).toBeDefined());
const report = (operation_id: string, service: 'event-log' | 'outbound-dispatcher') =>
  stack.publish([toRecord(userErased, { operation_id, workspace_id: workspaceId, service })]);

/** Every row of the database that shows the text. */
async function rowsWith(text: string): Promise<string[]> {
  const { rows: tables } = await db().query("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'");
  const found = await Promise.all(tables.map(async ({ name }) => {
    const { rows } = await db().query(`SELECT to_json(t)::text AS row FROM "${name}" t WHERE to_json(t)::text LIKE '%' || $1 || '%'`, [text]);
    return rows.map(({ row }) => `${name}: ${row}`);
  }));
  return found.flat();
}

/** Somebody with something in every table that can hold something of users. */
async function aFullLife(userId: string) {
  await call('PUT', `/v1/users/${userId}/settings`, { body: { name: `Name of ${userId}`, preferred_channels: 'telegram' } });
  const { body: activity } = await call('POST', '/v1/activities', { body: { user_id: userId, type: 'habit', name: 'Drink water' }, headers: { 'idempotency-key': `once-${userId}` } });
  const { body: key } = await call('POST', `/v1/users/${userId}/api-keys`, { body: { label: `phone of ${userId}` } });
  await call('DELETE', `/v1/api-keys/${(await call('POST', `/v1/users/${userId}/api-keys`, { key: key.api_key, body: { label: 'second' } })).body.id}`);
  await call('POST', '/v1/portal-sessions', { body: { user_id: userId }, headers: { 'idempotency-key': `link-${userId}` } });
  await db().query("INSERT INTO applied_templates (workspace_id, user_id, name) VALUES ($1, $2, 'starter')", [workspaceId, userId]);
  await db().query(
    "INSERT INTO reminders VALUES ($1, $2, '2026-03-28', 'nudge', $3, 'sent', 'telegram', now(), now())", [workspaceId, activity.id, userId],
  );
  await db().query(
    "INSERT INTO bulk_operations (workspace_id, id, creator_user_id, is_synchronous, total, done, accepted_at) VALUES ($1, $2, $3, true, 1, 1, now())", [workspaceId, newId('op'), userId],
  );
  await db().query(
    "INSERT INTO bulk_results (workspace_id, operation_id, index, user_id, status, activity_id) VALUES ($1, $2, 0, $3, 'processed', $4)", [workspaceId, newId('op'), userId, activity.id],
  );
  const [done, refused] = [commandFor(userId, activity.id), commandFor(userId, 'act_unknown')];
  await publish(done, refused);
  await isDecided(refused);
  return { activityId: String(activity.id), key: String(key.api_key), done };
}

test('everything of the user is gone with the answer, and the operation is complete when every service has reported', async () => {
  const { key, activityId, done } = await aFullLife('usr_gone');
  const other = await aFullLife('usr_stays');
  // What is on its way to Kafka goes by itself.
  const keptOfOther = async () => (await rowsWith('usr_stays')).filter((row) => !row.startsWith('outbox:')).length;
  const before = await keptOfOther();
  const erased = await call('DELETE', '/v1/users/usr_gone');
  const operationId = erased.body.operation_id;
  expect(erased).toEqual({ status: 202, body: { status: 'accepted', operation_id: expect.stringMatching(/^op_/) }, location: `/v1/operations/${operationId}` });

  for (const path of ['/v1/auth/me', '/v1/users/usr_gone']) expect((await call('GET', path, { key })).status).toBe(401);
  for (const path of ['/v1/users/usr_gone', '/v1/users/usr_gone/settings', `/v1/activities/${activityId}`]) expect((await call('GET', path)).status).toBe(404);
  // The records for Kafka are the last to go, when Kafka has them.
  await eventually(async () => expect(await rowsWith('usr_gone')).toEqual([]));
  expect(await rowsWith(activityId)).toEqual([]);
  expect(await keptOfOther()).toBe(before);
  expect((await call('GET', '/v1/auth/me', { key: other.key })).status).toBe(200);

  await eventually(() => expect(erasures).toHaveLength(1));
  expect(JSON.parse(erasures[0]!.value)).toEqual({ operation_id: operationId, workspace_id: workspaceId, user_id: 'usr_gone', event_sequence: 2, erased_at: expect.any(String) });
  expect(await operationOf(done)).toMatchObject({ outcome: 'refused', refusal: { code: 'not_found' } });
  expect((await call('GET', `/v1/operations/${done.operation_id}`)).status).toBe(404); // its id was made up by this test

  const operation = () => call('GET', `/v1/operations/${operationId}`);
  const running = { id: operationId, kind: 'erase', status: 'running', total: 3, done: 1, failed: 0, result: null, created_at: expect.any(String), completed_at: null };
  expect(await operation()).toMatchObject({ status: 200, body: running });
  await report(operationId, 'event-log');
  await report(operationId, 'event-log');
  await eventually(async () => expect((await operation()).body).toEqual({ ...running, done: 2 }));
  await report(operationId, 'outbound-dispatcher');
  await eventually(async () => expect((await operation()).body).toEqual({ ...running, status: 'completed', done: 3, completed_at: expect.any(String) }));
  expect((await call('GET', `/v1/operations/${operationId}`, { key: (await stack.createWorkspace()).systemKey })).status).toBe(404);
});

test('asked again it is the same operation while that runs, and unknown after', async () => {
  await call('PUT', '/v1/users/usr_twice/settings', { body: {} });
  const [first, second] = await Promise.all([call('DELETE', '/v1/users/usr_twice'), call('DELETE', '/v1/users/usr_twice')]);
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.body.operation_id).toBe(first.body.operation_id);
  for (const service of ['event-log', 'outbound-dispatcher'] as const) await report(first.body.operation_id, service);
  await eventually(async () => expect((await call('DELETE', '/v1/users/usr_twice')).status).toBe(404));
  expect((await call('DELETE', '/v1/users/nobody')).status).toBe(404);
});

test('a user erases itself and nobody else', async () => {
  await call('PUT', '/v1/users/usr_self/settings', { body: {} });
  const { api_key: key } = (await call('POST', '/v1/users/usr_self/api-keys', { body: { label: 'phone' } })).body;
  expect((await call('DELETE', '/v1/users/usr_stays', { key })).status).toBe(403);
  expect((await call('DELETE', '/v1/users/usr_self', { key })).status).toBe(202);
  expect((await call('GET', '/v1/auth/me', { key })).status).toBe(401);
  const foreign = (await stack.createWorkspace()).systemKey;
  expect((await call('DELETE', '/v1/users/usr_stays', { key: foreign })).status).toBe(404);
});

test('a command that is redelivered or comes late changes nothing, and makes nobody', async () => {
  const { activityId, done } = await aFullLife('usr_late');
  await call('DELETE', '/v1/users/usr_late');
  const late = commandFor('usr_late', activityId, 2);
  await publish(done, late);
  await isDecided(late);
  expect(await operationOf(late)).toMatchObject({ outcome: 'refused', refusal: { code: 'not_found' } });
  expect((await call('GET', '/v1/users/usr_late')).status).toBe(404);
});

test('one who comes again under the same id begins with nothing, and with the next event number', async () => {
  const { done } = await aFullLife('usr_again');
  await call('DELETE', '/v1/users/usr_again');
  await call('POST', '/v1/activities', { body: { user_id: 'usr_again', type: 'habit', name: 'Read' } });
  expect(await call('GET', '/v1/users/usr_again')).toMatchObject({ status: 200, body: { name: null, timezone: 'UTC' } });
  expect((await call('GET', '/v1/activities?user_id=usr_again')).body.data).toMatchObject([{ name: 'Read' }]);
  const numbers = () => events.filter(({ key }) => key === `${workspaceId}:usr_again`).map(({ headers }) => headers['ce_sequence']);
  await eventually(() => expect(numbers()).toEqual(['1', '2', '3']));
  await publish(done);
  const fence = commandFor('usr_again', 'act_unknown', 3);
  await publish(fence);
  await isDecided(fence);
  expect(numbers()).toEqual(['1', '2', '3']);
});

test('one who comes again while the erasure is being committed goes on with the numbers too', async () => {
  const { activityId } = await aFullLife('usr_race');
  const holder = await db().connect();
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM activities WHERE id = $1 FOR UPDATE', [activityId]);
  const erasing = call('DELETE', '/v1/users/usr_race');
  const waiting = async (count: number) => eventually(async () => {
    const { rows } = await db().query("SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()");
    expect(rows[0].count).toBe(count);
  });
  await waiting(1);
  const coming = call('POST', '/v1/activities', { body: { user_id: 'usr_race', type: 'habit', name: 'Read' } });
  const keyed = call('POST', '/v1/users/usr_race/api-keys', { body: { label: 'too late' } });
  await waiting(3);
  await holder.query('COMMIT');
  holder.release();
  expect((await erasing).status).toBe(202);
  await Promise.all([coming, keyed]);
  const { rows } = await db().query("SELECT event_sequence::int AS sequence FROM users WHERE workspace_id = $1 AND id = 'usr_race'", [workspaceId]);
  // Either it came too early and was refused, or it came after: never with a number that the erased one had.
  for (const { sequence } of rows) expect(sequence).toBeGreaterThan(2);
  const { rows: orphans } = await db().query("SELECT id FROM api_keys k WHERE user_id = 'usr_race' AND NOT EXISTS (SELECT FROM users u WHERE u.workspace_id = k.workspace_id AND u.id = k.user_id)");
  expect(orphans).toEqual([]);
});

test('with Redis away the operation is not complete: the answers kept there are forgotten when it is back, and no late one is kept', async () => {
  await call('PUT', '/v1/users/usr_kept/settings', { body: {} });
  const digest = userDigest({ workspace_id: workspaceId, user_id: 'usr_kept' });
  await redis.client.mset('idempotent:1', 'an answer', 'idempotent:2', 'another', 'idempotent:of-somebody-else', 'a third');
  await redis.client.zadd(answerIndexKey(digest), 1, 'idempotent:1', 2, 'idempotent:2');
  const { report: reportDone, ...store } = createErasureStore(db());
  const operationId = newId('op');
  expect(await store.erase({ workspaceId, keyId: 'key_1', requestId: 'req_1' }, { workspaceId, userId: 'usr_kept' }, operationId)).toBe(operationId);
  for (const service of ['event-log', 'outbound-dispatcher'] as const) await reportDone([{ workspace_id: workspaceId, operation_id: operationId, service }]);

  const nowhere = createRedis({ url: 'redis://127.0.0.1:1', timeoutMs: 5_000 }, createLogger('test', 'silent'));
  await expect(createAnswerEraser({ pool: db(), redis: nowhere.client, report: reportDone })(10)).rejects.toThrow();
  await nowhere.stop();
  expect(await store.find(workspaceId, operationId)).toMatchObject({ done: 2, completedAt: null });

  const forget = createAnswerEraser({ pool: db(), redis: redis.client, report: reportDone });
  expect([await forget(10), await forget(10)]).toEqual([1, 0]);
  expect(await store.find(workspaceId, operationId)).toMatchObject({ done: 3, completedAt: expect.any(Date) });
  expect(await redis.client.mget('idempotent:1', 'idempotent:2', 'idempotent:of-somebody-else')).toEqual([null, null, 'a third']);
  expect(await redis.client.exists(answerIndexKey(digest))).toBe(0);
  expect(await redis.client.ttl(erasureMarkKey(digest))).toBeGreaterThan(50);
});

test('what is kept under an Idempotency-Key goes with the user whom it is about, though the request named nobody', async () => {
  const { body: activity } = await call('POST', '/v1/activities', { body: { user_id: 'usr_unnamed', type: 'habit', name: 'Drink water' } });
  const headers = { 'idempotency-key': 'unnamed' };
  const requests: [string, object][] = [[`/v1/activities/${activity.id}/complete`, {}], ['/v1/activities/act_unknown/complete', {}], ['/v1/users/usr_unnamed/api-keys', { label: 'phone' }]];
  for (const [path, body] of requests) await call('POST', path, { body, headers });
  const kept = async () => (await db().query("SELECT user_id FROM idempotent_requests WHERE workspace_id = $1 AND (user_id = 'usr_unnamed' OR user_id IS NULL) ORDER BY user_id NULLS FIRST", [workspaceId])).rows.map(({ user_id: id }) => id);
  expect(await kept()).toEqual([null, 'usr_unnamed', 'usr_unnamed']);
  await call('DELETE', '/v1/users/usr_unnamed');
  expect(await kept()).toEqual([null]);
});

test('the audit log keeps the deed, finds it by the id, and no longer says it', async () => {
  await aFullLife('usr_audit');
  const me = (await call('GET', '/v1/auth/me')).body.key_id;
  const { operation_id } = (await call('DELETE', '/v1/users/usr_audit')).body;
  const { data } = (await call('GET', '/v1/audit-log?user_id=usr_audit')).body;
  expect(data.map(({ action, user_id }: { action: string; user_id: null }) => ({ action, user_id }))).toEqual(
    ['user.erased', 'portal_session.created', 'api_key.revoked', 'api_key.created', 'api_key.created'].map((action) => ({ action, user_id: null })),
  );
  expect(data[0]).toMatchObject({ target: { kind: 'user', id: null }, key_id: me, details: { operation_id } });
  expect(data[1].target.id).toMatch(/^pss_/);
  expect(data[2].target.id).toMatch(/^key_/);
});
