import { verifyWebhook } from '@waggle/client';
import { webhookDeliveryEvent, webhookEventTypes } from '@waggle/contracts';
import { behaviours, callApi, eventually, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anEvent, recordOf } from './given.ts';

const stack = useStack();
const published = stack.collect(webhookDeliveryEvent.topic);
let receiver: Receiver;
let systemKey: string;
let userKey: string;
let workspaceId: string;

beforeAll(async () => {
  receiver = await startReceiver();
  await stack.start('behavior-core');
  ({ workspaceId, systemKey } = await stack.createWorkspace());
  await callApi('PUT', `${stack.urlOf('behavior-core')}/v1/users/usr_1/settings`, { key: systemKey, body: {} });
  userKey = (await callApi('POST', `${stack.urlOf('behavior-core')}/v1/users/usr_1/api-keys`, { key: systemKey, body: { label: 'test' } })).body.api_key;
  const settings = { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', ALLOW_INSECURE_ENDPOINTS: 'true', DELIVERY_RETRY_DELAYS_MS: '20,20,20', API_LIMIT_PER_MINUTE: '100000' };
  await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', settings))).components);
}, 60_000);
afterAll(() => receiver.stop());

interface Given {
  key?: string;
  idempotencyKey?: string;
}
const call = (method: string, path: string, body?: unknown, { key = systemKey, idempotencyKey }: Given = {}) =>
  callApi(method, `${stack.urlOf('outbound-dispatcher')}/v1/webhooks${path}`, { key, body, ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }) });
const register = async (path: string, given: object = {}, key = systemKey) => (await call('POST', '/endpoints', { url: receiver.url(path), event_types: ['*'], ...given }, { key })).body;
const send = (id: string, body: unknown, given?: Given) => call('POST', `/endpoints/${id}/test`, body, given);

test('a test send is one signed attempt that says it is a test, answered when it is over', async () => {
  const { id, secret } = await register('/tested', { headers: { 'X-Team': 'one' } });
  const { status, body } = await send(id, { event_type: 'routine.partial' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ endpoint_id: id, event: 'routine.partial', status: 'succeeded', reason: null, attempt_count: 1, next_attempt_at: null, completed_at: expect.any(String) });
  expect(body.attempts).toMatchObject([{ number: 1, status_code: 200, error: null, response_body: 'ok' }]);
  const [request] = receiver.at('/tested');
  expect(JSON.parse(request!.body.toString())).toMatchObject({ test: true, event: 'routine.partial', id: body.event_id, user_id: body.user_id, routine: { type: 'routine' } });
  expect(body.body).toBe(request!.body.toString());
  expect(verifyWebhook(secret, request!.body, request!.headers)).toBe(true);
  expect(request!.headers).toMatchObject({ 'x-buffy-attempt': '1', 'x-buffy-delivery': body.id, 'x-buffy-event': 'routine.partial', 'x-team': 'one', 'webhook-id': body.event_id });
  expect((await call('GET', `/deliveries/${body.id}`)).body).toEqual(body);
});

test('a test that fails is not tried again, disables nothing and is told to nobody; a disabled endpoint can be tested', async () => {
  const { id } = await register('/broken');
  receiver.program('/broken', behaviours.answer(410, 'no'));
  expect((await send(id, { event_type: 'activity.completed' })).body).toMatchObject({ status: 'failed', reason: 'status_410', attempts: [{ response_body: 'no' }] });
  expect((await call('GET', `/endpoints/${id}`)).body.status).toBe('enabled');
  await call('POST', `/endpoints/${id}/disable`);
  expect((await send(id, { event_type: 'activity.completed' })).body).toMatchObject({ status: 'failed', reason: 'status_410' });
  expect(receiver.at('/broken')).toHaveLength(2);
  await eventually(() => expect(published.filter(({ key }) => key === id).map(({ headers }) => headers['ce_type'])).toEqual(['endpoint.disabled']));
});

test('every event type can be tested', async () => {
  const { id } = await register('/types');
  for (const event_type of webhookEventTypes) expect((await send(id, { event_type })).body).toMatchObject({ status: 'succeeded', event: event_type });
});

test('a private address gets no test either', async () => {
  const { id } = await register('/moved');
  await stack.db('outbound-dispatcher').query('UPDATE endpoints SET url = $2 WHERE id = $1', [id, `http://[::1]:${receiver.port}/moved`]);
  expect((await send(id, { event_type: 'activity.completed' })).body).toMatchObject({ status: 'failed', reason: 'address_not_allowed' });
});

test.each([
  { description: 'a pattern', body: { event_type: 'activity.*' }, status: 400 },
  { description: 'an unknown type', body: { event_type: 'activity.eaten' }, status: 400 },
  { description: 'nothing', body: {}, status: 400 },
  { description: 'an unknown field', body: { event_type: 'activity.completed', now: true }, status: 400 },
  { description: 'no JSON', body: '{', status: 400 },
])('$status: $description', async ({ body, status }) => {
  const { id } = await register('/refused');
  expect((await send(id, body)).status).toBe(status);
  expect(receiver.at('/refused')).toEqual([]);
  await call('DELETE', `/endpoints/${id}`);
  expect((await send(id, { event_type: 'activity.completed' })).status).toBe(404);
});

test('under one Idempotency-Key one test is sent, however often and at once it is asked for', async () => {
  const { id } = await register('/keyed');
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/keyed', (response) => void gate.then(() => response.writeHead(200).end('ok')));
  const ask = () => send(id, { event_type: 'activity.completed' }, { idempotencyKey: 'one' });
  const first = ask();
  await eventually(() => expect(receiver.at('/keyed')).toHaveLength(1));
  expect(await ask()).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
  open();
  const answer = await first;
  expect(answer.status).toBe(200);
  const again = await ask();
  expect(again.body).toEqual(answer.body);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(await send(id, { event_type: 'activity.skipped' }, { idempotencyKey: 'one' })).toMatchObject({ status: 422 });
  expect(receiver.at('/keyed')).toHaveLength(1);
});

test("a user's endpoint is tested with the user's id, and the user sees the delivery", async () => {
  const { id } = await register('/mine', {}, userKey);
  const { body } = await send(id, { event_type: 'activity.completed' }, { key: userKey });
  expect(body.user_id).toBe('usr_1');
  expect((await call('GET', `/deliveries/${body.id}`, undefined, { key: userKey })).status).toBe(200);
  await call('DELETE', `/endpoints/${id}`);
});

const deliveriesTo = async (id: string) => (await call('GET', `/deliveries?endpoint_id=${id}`)).body.data;

test('a finished delivery is retried by hand: one attempt, the same bytes and ids, numbers that go on; an unfinished one is 409', async () => {
  const { id, secret } = await register('/again', { event_types: ['activity.completed'] });
  receiver.program('/again', behaviours.answer(500));
  await stack.publish([recordOf(anEvent({ workspaceId }))]);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'failed', attempt_count: 4 }]));
  const [{ id: deliveryId }] = await deliveriesTo(id);
  const retry = (given?: Given) => call('POST', `/deliveries/${deliveryId}/retry`, undefined, given);
  const now = async () => (await call('GET', `/deliveries/${deliveryId}`)).body;

  const retried = await retry();
  expect(retried).toMatchObject({ status: 202, body: { id: deliveryId, status: 'pending', reason: null, completed_at: null } });
  await eventually(async () => expect(await now()).toMatchObject({ status: 'failed', reason: 'status_500', attempt_count: 5, next_attempt_at: null }));
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/again', (response) => void gate.then(() => response.writeHead(200).end('ok')));
  expect((await retry({ idempotencyKey: 'again' })).status).toBe(202);
  await eventually(() => expect(receiver.at('/again')).toHaveLength(6));
  expect(await retry()).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  open();
  await eventually(async () => expect(await now()).toMatchObject({ status: 'succeeded', reason: null, attempt_count: 6 }));
  expect((await retry({ idempotencyKey: 'again' })).headers.get('idempotent-replayed')).toBe('true');
  expect((await retry()).status).toBe(202);
  await eventually(async () => expect(await now()).toMatchObject({ status: 'succeeded', attempt_count: 7 }));

  const requests = receiver.at('/again');
  expect(requests.map(({ headers }) => headers['x-buffy-attempt'])).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  expect(new Set(requests.map(({ body }) => body.toString())).size).toBe(1);
  expect(new Set(requests.map(({ headers }) => headers['x-buffy-delivery'])).size).toBe(1);
  for (const { headers, body } of requests) expect(verifyWebhook(secret, body, headers)).toBe(true);
  expect((await now()).attempts.map(({ number }: { number: number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect((await call('GET', `/endpoints/${id}`)).body.status).toBe('enabled');
  expect((await retry({ key: userKey })).status).toBe(404);
  expect((await call('POST', '/deliveries/dlv_x/retry')).status).toBe(404);
});

test('a skipped delivery can be retried once its endpoint is enabled', async () => {
  const { id } = await register('/skipped', { event_types: ['activity.completed'] });
  await call('POST', `/endpoints/${id}/disable`);
  await stack.publish([recordOf(anEvent({ workspaceId }))]);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped' }]));
  const [{ id: deliveryId }] = await deliveriesTo(id);
  await call('POST', `/deliveries/${deliveryId}/retry`);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped', reason: 'endpoint_disabled', attempt_count: 0 }]));
  await call('POST', `/endpoints/${id}/enable`);
  await call('POST', `/deliveries/${deliveryId}/retry`);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'succeeded', reason: null, attempt_count: 1 }]));
  expect(receiver.at('/skipped')).toHaveLength(1);
});
