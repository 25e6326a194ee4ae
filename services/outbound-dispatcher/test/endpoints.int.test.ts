import { behaviorEvent, newId } from '@waggle/contracts';
import { behaviours, eventually, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anEvent, recordOf } from './given.ts';

const stack = useStack();
let receiver: Receiver;
let keys: { system: string; user: string; otherUser: string; foreign: string };
let workspaceId: string;

beforeAll(async () => {
  receiver = await startReceiver();
  await stack.start('behavior-core');
  const workspace = await stack.createWorkspace();
  workspaceId = workspace.workspaceId;
  const system = workspace.systemKey;
  keys = { system, user: await userKey('usr_1', system), otherUser: await userKey('usr_2', system), foreign: (await stack.createWorkspace()).systemKey };
  const settings = { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', ALLOW_INSECURE_ENDPOINTS: 'true', DELIVERY_RETRY_DELAYS_MS: '20,20,20', API_LIMIT_PER_MINUTE: '100000' };
  await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', settings))).components);
}, 60_000);
afterAll(() => receiver.stop());

/** A key, or a system key and the user whom it acts for. */
type By = string | { key: string; userId: string };

async function call(by: By, method: string, path: string, body?: unknown) {
  const { key, userId } = typeof by === 'string' ? { key: by, userId: undefined } : by;
  const response = await fetch(`${stack.urlOf(path.startsWith('/webhooks/') ? 'outbound-dispatcher' : 'behavior-core')}/v1${path}`, {
    method,
    headers: { ...(userId !== undefined && { 'x-buffy-user-id': userId }), authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

/** A key of a user who comes into being with an activity. */
async function userKey(userId: string, systemKey: string): Promise<string> {
  await call(systemKey, 'POST', '/activities', { user_id: userId, type: 'habit', name: 'Drink water' });
  const { body } = await call(systemKey, 'POST', `/users/${userId}/api-keys`, { label: 'test' });
  return body.api_key;
}

const register = async (key: string, path: string, given: object = {}) =>
  (await call(key, 'POST', '/webhooks/endpoints', { url: receiver.url(path), event_types: ['*'], ...given })).body;

test('an endpoint shows its secret at its creation and never again, and an event after the 201 reaches it', async () => {
  const created = await call(keys.system, 'POST', '/webhooks/endpoints', { url: `${receiver.url('/new')}#part`, event_types: ['activity.*'], description: 'CRM' });
  expect(created).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^whe_/), url: receiver.url('/new'), event_types: ['activity.*'], description: 'CRM', user_id: null, status: 'enabled', disabled_reason: null },
  });
  expect(Buffer.from(created.body.secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
  const event = anEvent({ workspaceId });
  await stack.publish([recordOf(event)]);
  await eventually(() => expect(receiver.at('/new').map(({ headers }) => headers['webhook-id'])).toEqual([event.id]));

  const { secret: _, ...shown } = created.body;
  expect((await call(keys.system, 'GET', `/webhooks/endpoints/${shown.id}`)).body).toEqual({ ...shown, stats: expect.any(Object) });
  const { rows } = await stack.db('outbound-dispatcher').query('SELECT sealed_secret FROM endpoints WHERE id = $1', [shown.id]);
  expect(rows[0].sealed_secret).not.toContain(created.body.secret.slice(6));
  expect((await call(keys.system, 'DELETE', `/webhooks/endpoints/${shown.id}`)).status).toBe(204);
  expect((await call(keys.system, 'DELETE', `/webhooks/endpoints/${shown.id}`)).status).toBe(404);
  expect((await call(keys.system, 'GET', `/webhooks/endpoints/${shown.id}`)).status).toBe(404);
});

test('every event that follows the 201 of its endpoint reaches it, endpoint after endpoint', async () => {
  for (let n = 0; n < 20; n++) {
    const { id } = await register(keys.system, `/next-${n}`);
    const event = anEvent({ workspaceId });
    await stack.publish([recordOf(event)]);
    await eventually(() => expect(receiver.at(`/next-${n}`).map(({ headers }) => headers['webhook-id'])).toEqual([event.id]));
    await call(keys.system, 'DELETE', `/webhooks/endpoints/${id}`);
  }
});

test('endpoints and deliveries are seen by their user and by the workspace, and by nobody else', async () => {
  const [own, ofWorkspace] = [await register(keys.user, '/own'), await register(keys.system, '/all')];
  expect(own.user_id).toBe('usr_1');
  await stack.publish([recordOf(anEvent({ workspaceId, userId: 'usr_1' })), recordOf(anEvent({ workspaceId, userId: 'usr_2' }))]);
  await eventually(async () => {
    const { body } = await call(keys.system, 'GET', `/webhooks/deliveries?endpoint_id=${ofWorkspace.id}`);
    expect(body.data.map((delivery: { status: string }) => delivery.status)).toEqual(['succeeded', 'succeeded']);
  });
  await eventually(async () => expect((await call(keys.user, 'GET', '/webhooks/deliveries')).body.data).toMatchObject([{ endpoint_id: own.id, status: 'succeeded' }]));
  const [{ id: ownDelivery }] = (await call(keys.user, 'GET', '/webhooks/deliveries')).body.data;
  const [{ id: foreignDelivery }] = (await call(keys.system, 'GET', `/webhooks/deliveries?endpoint_id=${ofWorkspace.id}&user_id=usr_1`)).body.data;

  const statusOf = async (key: string, path: string) => (await call(key, 'GET', path)).status;
  expect(await statusOf(keys.user, `/webhooks/deliveries/${ownDelivery}`)).toBe(200);
  expect(await statusOf(keys.system, `/webhooks/deliveries/${ownDelivery}`)).toBe(200);
  expect(await statusOf(keys.system, `/webhooks/endpoints/${own.id}`)).toBe(200);
  expect(await statusOf(keys.user, `/webhooks/deliveries/${foreignDelivery}`)).toBe(404);
  expect(await statusOf(keys.user, `/webhooks/endpoints/${ofWorkspace.id}`)).toBe(404);
  expect(await statusOf(keys.user, '/webhooks/deliveries?user_id=usr_2')).toBe(403);
  for (const key of [keys.otherUser, keys.foreign]) {
    expect(await statusOf(key, `/webhooks/endpoints/${own.id}`)).toBe(404);
    expect(await statusOf(key, `/webhooks/deliveries/${ownDelivery}`)).toBe(404);
    expect((await call(key, 'DELETE', `/webhooks/endpoints/${own.id}`)).status).toBe(404);
    expect((await call(key, 'GET', '/webhooks/endpoints')).body.data).toEqual([]);
    expect((await call(key, 'GET', '/webhooks/deliveries')).body.data).toEqual([]);
  }
  expect((await call(keys.user, 'GET', '/webhooks/endpoints')).body.data).toMatchObject([{ id: own.id }]);
  for (const { id } of [own, ofWorkspace]) await call(keys.system, 'DELETE', `/webhooks/endpoints/${id}`);
});

test('a delivery shows its exact body and its attempts', async () => {
  const { id } = await register(keys.system, '/detail', { event_types: ['activity.completed'] });
  receiver.program('/detail', behaviours.answer(503, 'not now'), behaviours.answer(200, 'thanks'));
  const event = anEvent({ workspaceId });
  await stack.publish([recordOf(event)]);
  await eventually(async () => expect((await call(keys.system, 'GET', `/webhooks/deliveries?endpoint_id=${id}`)).body.data).toMatchObject([{ status: 'succeeded' }]));
  const { data } = (await call(keys.system, 'GET', `/webhooks/deliveries?endpoint_id=${id}`)).body;
  const { body } = await call(keys.system, 'GET', `/webhooks/deliveries/${data[0].id}`);
  expect(body).toEqual({
    ...data[0],
    body: receiver.at('/detail')[0]!.body.toString(),
    attempts: [
      { number: 1, started_at: expect.any(String), duration_ms: expect.any(Number), status_code: 503, error: 'status_503', response_body: 'not now' },
      { number: 2, started_at: expect.any(String), duration_ms: expect.any(Number), status_code: 200, error: null, response_body: 'thanks' },
    ],
  });
  expect(data[0]).toEqual({
    id: expect.stringMatching(/^dlv_/), endpoint_id: id, event_id: event.id, event: 'activity.completed', user_id: 'usr_1', status: 'succeeded', reason: null, attempt_count: 2,
    next_attempt_at: null, created_at: expect.any(String), completed_at: expect.any(String),
  });
  await call(keys.system, 'DELETE', `/webhooks/endpoints/${id}`);
});

test('deliveries are paged newest first and filtered, and a cursor is good for its own list alone', async () => {
  const { id } = await register(keys.system, '/paged');
  await stack.publish(Array.from({ length: 7 }, () => recordOf(anEvent({ workspaceId, userId: 'usr_9' }))));
  const list = `/webhooks/deliveries?endpoint_id=${id}`;
  await eventually(async () => expect((await call(keys.system, 'GET', `${list}&status=succeeded`)).body.data).toHaveLength(7));
  const all = (await call(keys.system, 'GET', list)).body.data.map((delivery: { id: string }) => delivery.id);
  const paged: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: { body: { data: { id: string }[]; next_cursor: string | null; has_more: boolean } } = await call(keys.system, 'GET', `${list}&limit=3${cursor && `&cursor=${cursor}`}`);
    paged.push(...body.data.map((delivery) => delivery.id));
    expect(body.has_more).toBe(body.next_cursor !== null);
    cursor = body.next_cursor;
  }
  expect(paged).toEqual(all);

  const countOf = async (filter: string) => (await call(keys.system, 'GET', `${list}&${filter}`)).body.data.length;
  expect([await countOf('event_type=activity.*'), await countOf('event_type=award.*'), await countOf('user_id=usr_9'), await countOf('user_id=usr_8'), await countOf('status=failed')]).toEqual([7, 0, 7, 0, 0]);
  expect([await countOf('since=2020-01-01T00:00:00Z'), await countOf('until=2020-01-01T00:00:00Z'), await countOf('until=0000-01-01T00:00:00Z')]).toEqual([7, 0, 0]);
  for (const edge of ['9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59-23:59']) expect([await countOf(`until=${edge}`), await countOf(`since=${edge}`)]).toEqual([7, 0]);
  for (const edge of ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00%2B23:59']) expect([await countOf(`since=${edge}`), await countOf(`until=${edge}`)]).toEqual([7, 0]);
  const { next_cursor: next } = (await call(keys.system, 'GET', `${list}&limit=3`)).body;
  for (const [query, code] of [
    [`status=failed&cursor=${next}`, 'cursor_invalid'], ['cursor=nonsense', 'cursor_invalid'], ['limit=0', 'validation_failed'], ['limit=201', 'validation_failed'],
    ['status=lost', 'validation_failed'], ['since=2026-03-28T00:00:01Z&until=2026-03-28T00:00:00Z', 'validation_failed'], ['event_type=activity.eaten', 'validation_failed'], ['color=red', 'validation_failed'], ['endpoint_id=%00', 'validation_failed'],
  ]) {
    expect((await call(keys.system, 'GET', `/webhooks/deliveries?${query}`)).body).toMatchObject({ status: 400, code });
  }
  await call(keys.system, 'DELETE', `/webhooks/endpoints/${id}`);
});

test.each([
  { description: 'no URL', body: { url: 'hooks', event_types: ['*'] }, code: 'url_not_allowed' },
  { description: 'another scheme', body: { url: 'ftp://a.example/', event_types: ['*'] }, code: 'url_not_allowed' },
  { description: 'user info', body: { url: 'https://me:secret@a.example/', event_types: ['*'] }, code: 'url_not_allowed' },
  { description: 'a private address', body: { url: 'https://10.0.0.1/', event_types: ['*'] }, code: 'url_not_allowed' },
  { description: 'the metadata address in decimal', body: { url: 'https://2852039166/', event_types: ['*'] }, code: 'url_not_allowed' },
  { description: 'a mapped address, although its IPv4 form is excepted', body: { url: 'https://[::ffff:127.0.0.1]/', event_types: ['*'] }, code: 'url_not_allowed' },
  { description: 'an unknown event type', body: { url: 'https://a.example/', event_types: ['activity.eaten'] }, code: 'validation_failed' },
  { description: 'no event type', body: { url: 'https://a.example/', event_types: [] }, code: 'validation_failed' },
  { description: 'an unknown field', body: { url: 'https://a.example/', event_types: ['*'], color: 'red' }, code: 'validation_failed' },
])('400 $code: $description', async ({ body, code }) => {
  expect(await call(keys.system, 'POST', '/webhooks/endpoints', body)).toMatchObject({ status: 400, body: { code } });
});

test('a name that does not resolve is accepted', async () => {
  const { status, body } = await call(keys.system, 'POST', '/webhooks/endpoints', { url: 'https://nobody.invalid/hook', event_types: ['*'] });
  expect(status).toBe(201);
  await call(keys.system, 'DELETE', `/webhooks/endpoints/${body.id}`);
});

test('unknown ids are 404, unknown keys 401, other methods 405', async () => {
  for (const path of [`/webhooks/endpoints/${newId('whe')}`, '/webhooks/endpoints/%00', `/webhooks/deliveries/${newId('dlv')}`, '/webhooks/deliveries/x']) {
    expect((await call(keys.system, 'GET', path)).status).toBe(404);
  }
  expect((await call('wgl_nobody', 'GET', '/webhooks/endpoints')).status).toBe(401);
  expect((await call(keys.system, 'PUT', '/webhooks/endpoints')).status).toBe(405);
});

test('event types come with description, schema and an example', async () => {
  const { body } = await call(keys.user, 'GET', '/webhooks/event-types');
  const completed = body.data.find(({ name }: { name: string }) => name === 'activity.completed');
  expect(completed).toMatchObject({ description: expect.any(String), example: { event: 'activity.completed' }, schema: { type: 'object', properties: { user_id: {} } } });
  expect(JSON.stringify(completed)).not.toContain('workspace_id');
  expect(behaviorEvent.data.safeParse({ ...completed.example, workspace_id: 'ws_1' }).success).toBe(true);
  expect(body).toMatchObject({ next_cursor: null, has_more: false });

  const page = async (query: string) => (await call(keys.user, 'GET', `/webhooks/event-types?${query}`)).body;
  const first = await page('limit=10');
  expect(first).toMatchObject({ next_cursor: expect.any(String), has_more: true });
  const rest = await page(`limit=10&cursor=${first.next_cursor}`);
  expect(rest).toEqual({ data: body.data.slice(10), next_cursor: null, has_more: false });
  expect([...first.data, ...rest.data]).toEqual(body.data);
  for (const query of ['limit=0', 'limit=201', 'cursor=nonsense', 'color=red']) expect(await page(query)).toMatchObject({ status: 400 });
});

test("who registered and who deleted an endpoint stands in the core's audit log, and what was refused does not", async () => {
  const { body: me } = await call(keys.system, 'GET', '/auth/me');
  const made = await call(keys.user, 'POST', '/webhooks/endpoints', { url: 'https://example.org/audited', event_types: ['*'] });
  await call(keys.foreign, 'DELETE', `/webhooks/endpoints/${made.body.id}`);
  const deleted = await call(keys.system, 'DELETE', `/webhooks/endpoints/${made.body.id}`);
  expect([made.status, deleted.status]).toEqual([201, 204]);
  const ofEndpoint = async () => (await call(keys.system, 'GET', '/audit-log?user_id=usr_1&limit=200')).body.data.filter(({ target }: { target: { id: string } }) => target.id === made.body.id);
  await eventually(async () => expect(await ofEndpoint()).toHaveLength(2));
  expect(await ofEndpoint()).toMatchObject([
    { action: 'endpoint.deleted', key_id: me.key_id, request_id: deleted.headers.get('x-request-id'), user_id: 'usr_1', target: { kind: 'endpoint' } },
    { action: 'endpoint.created', request_id: made.headers.get('x-request-id'), user_id: 'usr_1' },
  ]);
});

test('a system key makes, lists and changes the endpoints of the user whom it names', async () => {
  const named = { key: keys.system, userId: 'usr_named' };
  const made = await call(named, 'POST', '/webhooks/endpoints', { url: receiver.url('/named'), event_types: ['*'] });
  expect(made).toMatchObject({ status: 201, body: { user_id: 'usr_named' } });
  const path = `/webhooks/endpoints/${made.body.id}`;
  const wide = await register(keys.system, '/wide');
  const idsFor = async (by: By) => (await call(by, 'GET', '/webhooks/endpoints?limit=200')).body.data.map(({ id }: { id: string }) => id);
  expect(await idsFor(named)).toEqual([made.body.id]);
  expect(await idsFor(keys.system)).toEqual(expect.arrayContaining([made.body.id, wide.id]));
  const other = { key: keys.system, userId: 'usr_else' };
  expect([(await call(other, 'GET', path)).status, (await call(other, 'DELETE', path)).status]).toEqual([404, 404]);
  const mine = anEvent({ workspaceId, userId: 'usr_named' });
  await stack.publish([recordOf(anEvent({ workspaceId, userId: 'usr_else' })), recordOf(mine)]);
  await eventually(() => expect(receiver.at('/wide')).toHaveLength(2));
  await eventually(() => expect(receiver.at('/named').map(({ headers }) => headers['webhook-id'])).toEqual([mine.id]));
  for (const id of [made.body.id, wide.id]) expect((await call(keys.system, 'DELETE', `/webhooks/endpoints/${id}`)).status).toBe(204);
});
