import { verifyWebhook } from '@waggle/client';
import { newId, webhookDeliveryEvent, webhookEventTypes } from '@waggle/contracts';
import { behaviours, callApi, eventually, startInstance } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { anEvent } from './given.ts';
import { SETTINGS, useDispatcher } from './use-dispatcher.ts';

const dispatcher = useDispatcher({ DELIVERY_RETRY_DELAYS_MS: '20,20,20' });
const { stack, call, register, publish, deliveriesTo } = dispatcher;
const published = stack.collect(webhookDeliveryEvent.topic);
const at = (path: string) => dispatcher.receiver.at(path);

const send = (id: string, body: unknown, given?: Parameters<typeof call>[3]) => call('POST', `/endpoints/${id}/test`, body, given);

test('a test send is one signed attempt that says it is a test, answered when it is over', async () => {
  const { id, secret } = await register('/tested', { headers: { 'X-Team': 'one' } });
  const { status, body } = await send(id, { event_type: 'routine.partial' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ endpoint_id: id, event: 'routine.partial', status: 'succeeded', reason: null, attempt_count: 1, next_attempt_at: null, completed_at: expect.any(String) });
  expect(body.attempts).toMatchObject([{ number: 1, status_code: 200, error: null, response_body: 'ok' }]);
  const [request] = at('/tested');
  expect(JSON.parse(request!.body.toString())).toMatchObject({ test: true, event: 'routine.partial', id: body.event_id, user_id: body.user_id, routine: { type: 'routine' } });
  expect(body.body).toBe(request!.body.toString());
  expect(verifyWebhook(secret, request!.body, request!.headers)).toBe(true);
  expect(request!.headers).toMatchObject({ 'x-buffy-attempt': '1', 'x-buffy-delivery': body.id, 'x-buffy-event': 'routine.partial', 'x-team': 'one', 'webhook-id': body.event_id });
  expect((await call('GET', `/deliveries/${body.id}`)).body).toEqual(body);
});

test('a test that fails is not tried again, disables nothing and is told to nobody; a disabled endpoint can be tested', async () => {
  const { id } = await register('/broken');
  dispatcher.receiver.program('/broken', behaviours.answer(410, 'no'));
  expect((await send(id, { event_type: 'activity.completed' })).body).toMatchObject({ status: 'failed', reason: 'status_410', attempts: [{ response_body: 'no' }] });
  expect((await call('GET', `/endpoints/${id}`)).body.status).toBe('enabled');
  await call('POST', `/endpoints/${id}/disable`);
  expect((await send(id, { event_type: 'activity.completed' })).body).toMatchObject({ status: 'failed', reason: 'status_410' });
  expect(at('/broken')).toHaveLength(2);
  await eventually(() => expect(published.filter(({ key }) => key === id).map(({ headers }) => headers['ce_type'])).toEqual(['endpoint.disabled']));
});

test('every event type can be tested', async () => {
  const { id } = await register('/types');
  for (const event_type of webhookEventTypes) expect((await send(id, { event_type })).body).toMatchObject({ status: 'succeeded', event: event_type });
});

test('a private address gets no test either', async () => {
  const { id } = await register('/moved');
  await stack.db('outbound-dispatcher').query('UPDATE endpoints SET url = $2 WHERE id = $1', [id, `http://[::1]:${dispatcher.receiver.port}/moved`]);
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
  expect(at('/refused')).toEqual([]);
  await call('DELETE', `/endpoints/${id}`);
  expect((await send(id, { event_type: 'activity.completed' })).status).toBe(404);
});

test.each([
  { description: 'no body and no content type', headers: {}, sent: undefined, refusal: '400 validation_failed event_type' },
  { description: 'no bytes under a JSON content type', headers: { 'content-type': 'application/json' }, sent: '', refusal: '400 validation_failed event_type' },
  { description: 'another content type', headers: { 'content-type': 'text/plain' }, sent: '{"event_type":"activity.completed"}', refusal: '415 unsupported_media_type ' },
])('$description: $refusal', async ({ headers, sent, refusal }) => {
  const { id } = await register('/refused');
  const request = { method: 'POST', headers: { authorization: `Bearer ${dispatcher.systemKey}`, ...headers }, ...(sent !== undefined && { body: Buffer.from(sent) }) };
  const answer = await fetch(`${stack.urlOf('outbound-dispatcher')}/v1/webhooks/endpoints/${id}/test`, request);
  const { code, errors = [] } = JSON.parse(await answer.text());
  expect(`${answer.status} ${code} ${errors.map(({ path }: { path: string }) => path).join()}`).toBe(refusal);
});

test('under one Idempotency-Key one test is sent, however often and at once it is asked for', async () => {
  const { id } = await register('/keyed');
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  dispatcher.receiver.program('/keyed', (response) => void gate.then(() => response.writeHead(200).end('ok')));
  const ask = () => send(id, { event_type: 'activity.completed' }, { idempotencyKey: 'one' });
  const first = ask();
  await eventually(() => expect(at('/keyed')).toHaveLength(1));
  expect(await ask()).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
  open();
  const answer = await first;
  expect(answer.status).toBe(200);
  const again = await ask();
  expect(again.body).toEqual(answer.body);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(await send(id, { event_type: 'activity.skipped' }, { idempotencyKey: 'one' })).toMatchObject({ status: 422 });
  expect(at('/keyed')).toHaveLength(1);
});

test('what refuses a test is answered again under its Idempotency-Key, word for word', async () => {
  const { id } = await register('/refused-once');
  for (const { endpointId, eventType, status } of [{ endpointId: id, eventType: 'activity.eaten', status: 400 }, { endpointId: newId('whe'), eventType: 'activity.completed', status: 404 }]) {
    const ask = (event_type: string) => send(endpointId, { event_type }, { idempotencyKey: `refused ${status}` });
    const first = await ask(eventType);
    expect(first.status).toBe(status);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const again = await ask(eventType);
    expect(again).toMatchObject({ status, body: first.body });
    expect([again.headers.get('idempotent-replayed'), again.headers.get('content-type')]).toEqual(['true', 'application/problem+json; charset=utf-8']);
    expect(await ask('activity.skipped')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  }
  expect(at('/refused-once')).toEqual([]);
});

test("a user's endpoint is tested with the user's id, and the user sees the delivery", async () => {
  const { id } = await register('/mine', {}, dispatcher.userKey);
  const { body } = await send(id, { event_type: 'activity.completed' }, { key: dispatcher.userKey });
  expect(body.user_id).toBe('usr_1');
  expect((await call('GET', `/deliveries/${body.id}`, undefined, { key: dispatcher.userKey })).status).toBe(200);
  await call('DELETE', `/endpoints/${id}`);
});

test('a finished delivery is retried by hand: one attempt, the same bytes and ids, numbers that go on; an unfinished one is 409', async () => {
  const { id, secret } = await register('/again', { event_types: ['activity.completed'] });
  dispatcher.receiver.program('/again', behaviours.answer(500));
  await publish(anEvent({ workspaceId: dispatcher.workspaceId }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'failed', attempt_count: 4 }]));
  const [{ id: deliveryId }] = await deliveriesTo(id);
  const retry = (given?: Parameters<typeof call>[3]) => call('POST', `/deliveries/${deliveryId}/retry`, undefined, given);
  const now = async () => (await call('GET', `/deliveries/${deliveryId}`)).body;

  const retried = await retry();
  expect(retried).toMatchObject({ status: 202, body: { id: deliveryId, status: 'pending', reason: null, completed_at: null } });
  await eventually(async () => expect(await now()).toMatchObject({ status: 'failed', reason: 'status_500', attempt_count: 5, next_attempt_at: null }));
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  dispatcher.receiver.program('/again', (response) => void gate.then(() => response.writeHead(200).end('ok')));
  expect((await retry({ idempotencyKey: 'again' })).status).toBe(202);
  await eventually(() => expect(at('/again')).toHaveLength(6));
  expect(await retry()).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  open();
  await eventually(async () => expect(await now()).toMatchObject({ status: 'succeeded', reason: null, attempt_count: 6 }));
  expect((await retry({ idempotencyKey: 'again' })).headers.get('idempotent-replayed')).toBe('true');
  // The request names nobody; the answer does, and goes with an erasure.
  const { rows: kept } = await stack.db('outbound-dispatcher').query('SELECT count(*)::int AS count FROM idempotent_requests WHERE user_id = $1', [(await now()).user_id]);
  expect(kept).toEqual([{ count: 1 }]);
  expect((await retry()).status).toBe(202);
  await eventually(async () => expect(await now()).toMatchObject({ status: 'succeeded', attempt_count: 7 }));

  const requests = at('/again');
  expect(requests.map(({ headers }) => headers['x-buffy-attempt'])).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  expect(new Set(requests.map(({ body }) => body.toString())).size).toBe(1);
  expect(new Set(requests.map(({ headers }) => headers['x-buffy-delivery'])).size).toBe(1);
  for (const { headers, body } of requests) expect(verifyWebhook(secret, body, headers)).toBe(true);
  expect((await now()).attempts.map(({ number }: { number: number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect((await call('GET', `/endpoints/${id}`)).body.status).toBe('enabled');
  expect((await retry({ key: dispatcher.userKey })).status).toBe(404);
  expect((await call('POST', '/deliveries/dlv_x/retry')).status).toBe(404);
});

test('a retry by hand is an attempt also while the endpoint is disabled, and 409 once it is deleted', async () => {
  const { id } = await register('/tried', { event_types: ['activity.completed'] });
  await publish(anEvent({ workspaceId: dispatcher.workspaceId }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'succeeded', attempt_count: 1 }]));
  const [{ id: deliveryId }] = await deliveriesTo(id);
  await call('POST', `/endpoints/${id}/disable`);
  expect((await call('POST', `/deliveries/${deliveryId}/retry`)).status).toBe(202);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'succeeded', reason: null, attempt_count: 2 }]));
  await call('DELETE', `/endpoints/${id}`);
  expect(await call('POST', `/deliveries/${deliveryId}/retry`)).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  expect((await call('GET', `/deliveries/${deliveryId}`)).body).toMatchObject({ status: 'succeeded', attempt_count: 2 });
});

test('what is skipped twice is told twice, as two events', async () => {
  const { id } = await register('/twice-skipped', { event_types: ['activity.completed'] });
  await call('POST', `/endpoints/${id}/disable`);
  await publish(anEvent({ workspaceId: dispatcher.workspaceId }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped' }]));
  const db = stack.db('outbound-dispatcher');
  // As a replay that is cut off by another disabling leaves it: pending at an endpoint that is disabled.
  await db.query("UPDATE deliveries SET status = 'pending', reason = NULL, claimable_at = now(), completed_at = NULL WHERE endpoint_id = $1", [id]);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped' }]));
  const told = () => published.filter(({ key, headers }) => key === id && headers['ce_type'] === 'delivery.skipped').map(({ headers }) => headers['ce_id']);
  await eventually(() => expect(told()).toHaveLength(2));
  expect(new Set(told()).size).toBe(2);
});

test('a skipped delivery can be retried', async () => {
  const { id } = await register('/skipped', { event_types: ['activity.completed'] });
  await call('POST', `/endpoints/${id}/disable`);
  await publish(anEvent({ workspaceId: dispatcher.workspaceId }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped', reason: 'endpoint_disabled', attempt_count: 0 }]));
  await call('POST', `/endpoints/${id}/enable`);
  await call('POST', `/deliveries/${(await deliveriesTo(id))[0].id}/retry`);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'succeeded', reason: null, attempt_count: 1 }]));
  expect(at('/skipped')).toHaveLength(1);
});

const operation = async (id: string, key = dispatcher.systemKey) => callApi('GET', `${stack.urlOf('behavior-core')}/v1/operations/${id}`, { key });
const replay = (id: string, body: object, given?: Parameters<typeof call>[3]) => call('POST', `/endpoints/${id}/replay`, body, given);
const completed = (id: string) => eventually(async () => expect((await operation(id)).body).toMatchObject({ status: 'completed' }), { timeoutMs: 30_000 });
const SINCE = '2000-01-01T00:00:00Z';

/** So many deliveries that failed, oldest first, as four attempts have left them. */
async function failedDeliveries(endpointId: string, count: number, { status = 'failed', userId = 'usr_1' } = {}) {
  const text = `WITH n AS (SELECT to_char(n, 'FM000000') AS n FROM generate_series(1, $3::int) AS n),
      events AS (INSERT INTO events (workspace_id, id, event, user_id, timestamp, body) SELECT $1, 'evt_' || $2 || n, 'activity.completed', $5, now(), '{"n":"' || n || '"}' FROM n)
    INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, reason, attempt_count, created_at, completed_at)
    SELECT $1, 'dlv_' || $2 || n, $2, 'evt_' || $2 || n, 'activity.completed', $5, $4, 'status_500', CASE WHEN $4 = 'failed' THEN 4 ELSE 0 END, now() - interval '1 h' + n::int * interval '1 ms', now()
    FROM n`;
  await stack.db('outbound-dispatcher').query(text, [dispatcher.workspaceId, endpointId, count, status, userId]);
}

test('a replay is the whole schedule again, identical bytes, numbers that go on; dry, it is counted alone', async () => {
  const { id, secret } = await register('/replayed', { event_types: ['activity.completed'] });
  dispatcher.receiver.program('/replayed', behaviours.answer(500));
  const events = await publish(anEvent({ workspaceId: dispatcher.workspaceId }), anEvent({ workspaceId: dispatcher.workspaceId, userId: 'usr_2' }));
  await eventually(async () => expect((await deliveriesTo(id)).map(({ status }) => status)).toEqual(['failed', 'failed']));
  expect(await replay(id, { since: SINCE, dry_run: true })).toMatchObject({ status: 200, body: { count: 2 } });
  expect(await replay(id, { since: SINCE, statuses: ['skipped'], dry_run: true })).toMatchObject({ body: { count: 0 } });
  const times = (await deliveriesTo(id)).map(({ created_at: createdAt }) => Date.parse(createdAt)).toReversed(); // oldest first
  const countOf = async (span: object) => (await replay(id, { dry_run: true, ...span })).body.count;
  expect(await countOf({ since: new Date(times[0]!).toISOString(), until: new Date(times[1]! + 1).toISOString() })).toBe(2);
  expect(await countOf({ since: SINCE, until: new Date(times[0]!).toISOString() })).toBe(0);
  expect(await countOf({ since: new Date(times[1]! + 1).toISOString() })).toBe(0);
  expect(await countOf({ since: '0000-01-01T00:00:00+23:59', until: '9999-12-31T23:59:59-23:59' })).toBe(2);
  expect(at('/replayed')).toHaveLength(8);

  const first = await replay(id, { since: SINCE }, { idempotencyKey: 'replay' });
  expect(first).toMatchObject({ status: 202, body: { operation_id: expect.stringMatching(/^op_/), count: 2 } });
  expect(await replay(id, { since: SINCE }, { idempotencyKey: 'replay' })).toMatchObject({ status: 202, body: first.body });
  await completed(first.body.operation_id);
  expect((await operation(first.body.operation_id)).body).toMatchObject({ id: first.body.operation_id, kind: 'replay', total: 2, done: 2, failed: 2, result: null, completed_at: expect.any(String) });
  const requests = at('/replayed');
  expect(requests).toHaveLength(16);
  for (const event of events) {
    const ofEvent = requests.filter(({ headers }) => headers['webhook-id'] === event.id);
    expect(ofEvent.map(({ headers }) => headers['x-buffy-attempt'])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(new Set(ofEvent.map(({ headers, body }) => headers['x-buffy-delivery']! + body.toString())).size).toBe(1);
    for (const { headers, body } of ofEvent) expect(verifyWebhook(secret, body, headers)).toBe(true);
  }
  dispatcher.receiver.program('/replayed', behaviours.answer(200));
  const second = (await replay(id, { since: SINCE, statuses: ['failed'] })).body.operation_id;
  await completed(second);
  expect((await operation(second)).body).toMatchObject({ total: 2, done: 2, failed: 0 });
  expect((await deliveriesTo(id)).map(({ status, attempt_count: count }) => [status, count])).toEqual([['succeeded', 9], ['succeeded', 9]]);
  expect((await replay(id, { since: SINCE, dry_run: true })).body.count).toBe(0);
  await eventually(async () => {
    const log = await callApi('GET', `${stack.urlOf('behavior-core')}/v1/audit-log?action=endpoint.replayed`, { key: dispatcher.systemKey });
    expect(log.body.data.filter(({ target }: { target: { id: string } }) => target.id === id)).toHaveLength(2);
  });
});

test('a replay belongs to who asked for it and the workspace; a disabled endpoint has none; what is wrong is said', async () => {
  const { id } = await register('/own-replay', { event_types: ['award.*'] }, dispatcher.userKey);
  const asked = await replay(id, { since: SINCE }, { key: dispatcher.userKey });
  await completed(asked.body.operation_id);
  expect((await operation(asked.body.operation_id, dispatcher.userKey)).body).toMatchObject({ kind: 'replay', total: 0, done: 0, failed: 0 });
  const ofWorkspace = await register('/not-own', { event_types: ['award.*'] });
  expect((await replay(ofWorkspace.id, { since: SINCE }, { key: dispatcher.userKey })).status).toBe(404);
  const byWorkspace = (await replay(id, { since: SINCE })).body.operation_id;
  expect((await operation(byWorkspace, dispatcher.userKey)).status).toBe(404);
  for (const body of [{}, { since: 'yesterday' }, { since: '2026-01-01T00:00:00' }, { since: SINCE, statuses: [] }, { since: SINCE, statuses: ['succeeded'] }, { since: SINCE, all: true }, { since: SINCE, until: null }, { since: SINCE, until: '1999-12-31T00:00:00Z' }])
    expect(await replay(id, body)).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [expect.anything()] } });
  await call('POST', `/endpoints/${id}/disable`);
  expect(await replay(id, { since: SINCE })).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  expect((await replay(id, { since: SINCE, dry_run: true })).status).toBe(200);
});

test('a test is put back by no replay, and its retries are told to nobody and count for nothing', async () => {
  const { id } = await register('/only-tested', { event_types: ['activity.completed'] });
  dispatcher.receiver.program('/only-tested', behaviours.answer(500));
  await publish(anEvent({ workspaceId: dispatcher.workspaceId }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'failed', attempt_count: 4 }]));
  const [{ id: deliveryId }] = await deliveriesTo(id);
  const { body: { id: testId } } = await send(id, { event_type: 'activity.completed' });
  const retried = async (expected: object) => {
    expect((await call('POST', `/deliveries/${testId}/retry`)).status).toBe(202);
    await eventually(async () => expect((await call('GET', `/deliveries/${testId}`)).body).toMatchObject(expected));
  };
  await retried({ status: 'failed', attempt_count: 2 });
  dispatcher.receiver.program('/only-tested', behaviours.answer(200));
  await retried({ status: 'succeeded', attempt_count: 3 });
  const { rows } = await stack.db('outbound-dispatcher').query('SELECT failures_in_row, last_success_at FROM endpoints WHERE id = $1', [id]);
  expect(rows).toEqual([{ failures_in_row: 1, last_success_at: null }]);
  dispatcher.receiver.program('/only-tested', behaviours.answer(500));
  await retried({ status: 'failed', attempt_count: 4 });
  dispatcher.receiver.program('/only-tested', behaviours.answer(200));

  expect((await replay(id, { since: SINCE, dry_run: true })).body).toEqual({ count: 1 });
  const { body: { operation_id: operationId } } = await replay(id, { since: SINCE });
  await completed(operationId);
  expect((await operation(operationId)).body).toMatchObject({ total: 1, done: 1, failed: 0 });
  expect((await call('GET', `/deliveries/${testId}`)).body).toMatchObject({ status: 'failed', attempt_count: 4 });
  await eventually(async () => expect((await call('GET', `/endpoints/${id}`)).body.stats).toMatchObject({ delivered_24h: 1, failed_24h: 1 }));
  const told = () => published.filter(({ key }) => key === id).map(({ value }) => JSON.parse(value)).map(({ event, delivery }) => `${event} ${delivery?.id}`);
  await eventually(() => expect(told().toSorted()).toEqual([`delivery.failed ${deliveryId}`, `delivery.succeeded ${deliveryId}`]));
});

test('a large replay goes back a few at a time, and what is new goes before it', async () => {
  const { id } = await register('/large', { event_types: ['activity.completed'] });
  await failedDeliveries(id, 20_000);
  const asked = await replay(id, { since: SINCE });
  expect(asked.body.count).toBe(20_000);
  await eventually(() => expect(at('/large').length).toBeGreaterThan(300));
  const [event] = await publish(anEvent({ workspaceId: dispatcher.workspaceId }));
  // Until then it does not wait beside the others.
  await eventually(async () => expect((await stack.db('outbound-dispatcher').query('SELECT FROM deliveries WHERE endpoint_id = $1 AND event_id = $2', [id, event!.id])).rows).toHaveLength(1));
  const before = at('/large').length;
  await eventually(() => expect(at('/large').some(({ headers }) => headers['webhook-id'] === event!.id)).toBe(true));
  expect(at('/large').findIndex(({ headers }) => headers['webhook-id'] === event!.id) - before).toBeLessThan(4_000);
  const { rows: [waiting] } = await stack.db('outbound-dispatcher').query(`SELECT count(*)::int AS count FROM deliveries WHERE endpoint_id = $1 AND status = 'pending'`, [id]);
  expect(waiting.count).toBeLessThanOrEqual(201);
  const { body } = await operation(asked.body.operation_id);
  expect(body).toMatchObject({ status: 'running', total: 20_000, failed: 0 });
  expect(body.done).toBeLessThan(20_000);
  // A replay whose row is gone has ended: the rest is for nobody.
  await stack.db('outbound-dispatcher').query('DELETE FROM replays WHERE id = $1', [asked.body.operation_id]);
});

test('replays whose endpoints are silent starve none behind them, however many they are', async () => {
  const [db, silent, other] = [stack.db('outbound-dispatcher'), await register('/silent', { event_types: ['award.*'] }), await register('/behind', { event_types: ['award.*'] })];
  await failedDeliveries(silent.id, 200);
  await failedDeliveries(other.id, 3);
  // Each waits for one delivery that is never over.
  await db.query(
    `WITH put AS (UPDATE deliveries SET status = 'pending', completed_at = NULL, claimable_at = 'infinity', replay_id = 'op_' || id WHERE endpoint_id = $1 RETURNING workspace_id, replay_id)
    INSERT INTO replays (workspace_id, id, endpoint_id, statuses, after_created_at, until, total, put_back, is_put_back, created_at)
    SELECT workspace_id, replay_id, $1, '{failed}', now(), now(), 1, 1, true, now() - interval '1 minute' FROM put`,
    [silent.id],
  );
  await completed((await replay(other.id, { since: SINCE })).body.operation_id);
  expect(at('/behind')).toHaveLength(3);
  await db.query('DELETE FROM replays WHERE endpoint_id = $1', [silent.id]);
});

test('a killed instance and a second one put each delivery back once', async () => {
  const { id } = await register('/shared', { event_types: ['activity.completed'] });
  await failedDeliveries(id, 3_000, { status: 'skipped' });
  const { process: victim } = await startInstance(stack, 'outbound-dispatcher', { ...SETTINGS, DELIVERY_LEASE_MS: '7000' });
  const { body: { operation_id: operationId } } = await replay(id, { since: SINCE });
  await eventually(() => expect(at('/shared').length).toBeGreaterThan(1_000));
  process.kill(victim.pid, 'SIGKILL');
  await completed(operationId);
  expect((await operation(operationId)).body).toMatchObject({ total: 3_000, done: 3_000, failed: 0 });
  const { rows } = await stack.db('outbound-dispatcher').query('SELECT status, attempt_count, count(*)::int AS count FROM deliveries WHERE endpoint_id = $1 GROUP BY 1, 2', [id]);
  expect(rows).toEqual([{ status: 'succeeded', attempt_count: 1, count: 3_000 }]);
  expect(new Set(at('/shared').map(({ headers }) => headers['webhook-id'])).size).toBe(3_000);
}, 60_000);

test('while the dispatcher is down its operations are answered 503, never 404', async () => {
  const { id } = await register('/last', { event_types: ['award.*'] });
  const { body: { operation_id: operationId } } = await replay(id, { since: SINCE });
  expect((await operation(operationId)).status).toBe(200);
  await dispatcher.stop();
  expect(await operation(operationId)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
});
