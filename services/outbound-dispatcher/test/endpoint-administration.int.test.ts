import { randomBytes } from 'node:crypto';
import { signStandardWebhook, signWebhook, verifyWebhook } from '@waggle/client';
import { webhookDeliveryEvent } from '@waggle/contracts';
import { behaviours, callApi, eventually } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { anEvent } from './given.ts';
import { askShell, createProgram, isThere } from './guide-programs.ts';
import { useDispatcher } from './use-dispatcher.ts';

const dispatcher = useDispatcher({ DELIVERY_RETRY_DELAYS_MS: '600000,600000,600000', ENDPOINTS_PER_OWNER_MAX: '20' });
const { stack, call, register, publish, deliveriesTo } = dispatcher;
const published = stack.collect(webhookDeliveryEvent.topic);
const at = (path: string) => dispatcher.receiver.at(path);
const ofWorkspace = () => anEvent({ workspaceId: dispatcher.workspaceId });

const remove = (id: string) => call('DELETE', `/endpoints/${id}`);
const idsAt = (path: string) => at(path).map(({ headers }) => headers['webhook-id']);

test('everything of an endpoint can be changed, what is not named stays, and the next event goes by the change', async () => {
  const { id, secret, ...made } = await register('/before', { description: 'CRM', headers: { 'X-Team': 'one' }, max_in_flight: 3 });
  expect(made).toMatchObject({ headers: { 'X-Team': 'one' }, ordering: 'none', max_in_flight: 3, previous_secret_until: null });
  const changes = { url: dispatcher.receiver.url('/after'), event_types: ['activity.*', 'routine.partial'], description: null, headers: { Authorization: 'Bearer 1' }, ordering: 'per_user', max_in_flight: 64 };
  const changed = await call('PATCH', `/endpoints/${id}`, changes);
  expect(changed).toMatchObject({ status: 200, body: { ...made, ...changes, updated_at: expect.any(String) } });
  expect(changed.body).not.toHaveProperty('secret');
  const named = await call('PATCH', `/endpoints/${id}`, { description: 'ERP' });
  expect(named.body).toEqual({ ...changed.body, description: 'ERP', updated_at: named.body.updated_at });
  expect((await call('PATCH', `/endpoints/${id}`, {})).body).toEqual(named.body);

  const [event] = await publish(ofWorkspace());
  await eventually(() => expect(idsAt('/after')).toEqual([event!.id]));
  expect(at('/before')).toEqual([]);
  expect(at('/after')[0]!.headers).toMatchObject({ authorization: 'Bearer 1', 'x-buffy-event': 'activity.completed' });
  expect(at('/after')[0]!.headers).not.toHaveProperty('x-team');
  expect(at('/after')[0]!.headers['x-buffy-signature']).toBe(signWebhook(secret, at('/after')[0]!.body));
  const { rows } = await stack.db('outbound-dispatcher').query('SELECT to_json(e)::text AS text FROM endpoints e WHERE id = $1', [id]);
  expect(rows[0].text).not.toContain('Bearer');
  await remove(id);
  expect((await call('PATCH', `/endpoints/${id}`, {})).status).toBe(404);
});

const key = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`;
test.each([
  { description: 'a line break in a value', given: { headers: { 'X-A': 'a\r\nHost: b' } } },
  { description: 'a line feed in a name', given: { headers: { 'X-A\nHost': 'b' } } },
  { description: 'a colon in a name', given: { headers: { 'X-A: b': 'c' } } },
  { description: 'no name', given: { headers: { '': 'a' } } },
  { description: 'a NUL in a value', given: { headers: { 'X-A': 'a\u0000' } } },
  { description: 'a letter beyond ASCII', given: { headers: { 'X-A': 'ü' } } },
  { description: 'a value that begins with a blank', given: { headers: { 'X-A': ' a' } } },
  { description: 'one header in two spellings', given: { headers: { 'X-A': '1', 'x-a': '2' } } },
  ...['Host', 'content-type', 'Content-Length', 'CONTENT-ENCODING', 'connection', 'Keep-Alive', 'transfer-encoding', 'TE', 'Trailer', 'Upgrade', 'Expect', 'Proxy-Authorization',
    'User-Agent', 'webhook-id', 'Webhook-Signature', 'x-buffy-signature', 'X-Buffy-Anything'].map((name) => ({ description: `${name}, which is reserved`, given: { headers: { [name]: 'a' } } })),
  { description: '21 headers', given: { headers: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`X-${n}`, 'a'])) } },
  { description: 'a header of more than 1 KB', given: { headers: { 'X-A': 'a'.repeat(1_025) } } },
  { description: 'a value that is no text', given: { headers: { 'X-A': 1 } } },
  { description: 'another ordering', given: { ordering: 'by_mood' } },
  { description: 'none in flight', given: { max_in_flight: 0 } },
  { description: '65 in flight', given: { max_in_flight: 65 } },
  { description: 'a long description', given: { description: 'a'.repeat(2_001) } },
  { description: 'a type that does not exist', given: { event_types: ['activity.eaten'] } },
  { description: 'a private address', given: { url: 'http://10.0.0.1/' } },
])('400, at the creation and at a change: $description', async ({ given }) => {
  const { id } = await register('/bad');
  expect((await call('POST', '/endpoints', { url: dispatcher.receiver.url('/bad'), event_types: ['*'], ...given })).status).toBe(400);
  expect((await call('PATCH', `/endpoints/${id}`, given)).status).toBe(400);
  await remove(id);
});

test.each([
  { description: '23 bytes', secret: key(23) },
  { description: '65 bytes', secret: key(65) },
  { description: 'no prefix', secret: key(32).slice(6) },
  { description: 'not base64', secret: `whsec_${'ä'.repeat(40)}` },
  { description: 'base64 for URLs', secret: `whsec_${Buffer.alloc(32, 255).toString('base64url')}` },
])('400: a secret of $description', async ({ secret }) => {
  expect(await call('POST', '/endpoints', { url: dispatcher.receiver.url('/bad'), event_types: ['*'], secret })).toMatchObject({ status: 400, body: { errors: [{ path: 'secret' }] } });
});

test.each([24, 64])("a partner's own secret of %s bytes signs", async (bytes) => {
  const own = key(bytes);
  const { id, secret } = await register(`/own-${bytes}`, { secret: own });
  expect(secret).toBe(own);
  await publish(ofWorkspace());
  await eventually(() => expect(at(`/own-${bytes}`)).toHaveLength(1));
  const { headers, body } = at(`/own-${bytes}`)[0]!;
  expect(verifyWebhook(own, body, headers)).toBe(true);
  expect(new Webhook(own).verify(body, headers)).toBeTruthy();
  await remove(id);
});

test('after a rotation both secrets verify for the time of grace, and then the new one alone', async () => {
  const { id, secret: first } = await register('/rotated');
  const rotated = await call('POST', `/endpoints/${id}/rotate-secret`, { grace_seconds: 3_600 });
  const second = rotated.body.secret;
  expect(rotated.status).toBe(200);
  expect(second).not.toBe(first);
  expect(Date.parse(rotated.body.previous_secret_until) - Date.now()).toBeGreaterThan(3_500_000);
  expect((await call('GET', `/endpoints/${id}`)).body).not.toHaveProperty('secret');
  const { rows } = await stack.db('outbound-dispatcher').query('SELECT to_json(e)::text AS text FROM endpoints e WHERE id = $1', [id]);
  for (const secret of [first, second]) expect(rows[0].text).not.toContain(secret.slice(6));

  await publish(ofWorkspace());
  await eventually(() => expect(at('/rotated')).toHaveLength(1));
  const { headers, body } = at('/rotated')[0]!;
  expect([headers['x-buffy-signature'], headers['x-buffy-signature-previous']]).toEqual([signWebhook(second, body), signWebhook(first, body)]);
  const message = { id: headers['webhook-id']!, timestamp: Number(headers['webhook-timestamp']), body: body.toString() };
  expect(headers['webhook-signature']).toBe(`${signStandardWebhook(second, message)} ${signStandardWebhook(first, message)}`);
  for (const secret of [first, second]) {
    expect(verifyWebhook(secret, body, headers)).toBe(true);
    expect(new Webhook(secret).verify(body, headers)).toBeTruthy();
  }

  const third = (await call('POST', `/endpoints/${id}/rotate-secret`, { grace_seconds: 0 })).body;
  expect(third.previous_secret_until).toBeNull();
  await publish(ofWorkspace());
  await eventually(() => expect(at('/rotated')).toHaveLength(2));
  const { headers: after, body: bytes } = at('/rotated')[1]!;
  expect(after).not.toHaveProperty('x-buffy-signature-previous');
  expect([first, second, third.secret].map((secret) => verifyWebhook(secret, bytes, after))).toEqual([false, false, true]);
  expect(after['webhook-signature']!.split(' ')).toHaveLength(1);
  expect(Date.parse((await call('POST', `/endpoints/${id}/rotate-secret`, {})).body.previous_secret_until) - Date.now()).toBeGreaterThan(86_000_000);
  for (const grace_seconds of [-1, 604_801, 1.5, 'soon']) expect((await call('POST', `/endpoints/${id}/rotate-secret`, { grace_seconds })).status).toBe(400);
  await remove(id);
});

test('a disabled endpoint gets nothing: what is pending, waits for a retry or comes is recorded as skipped; enabled, it gets the next', async () => {
  const { id } = await register('/disabled');
  dispatcher.receiver.program('/disabled', behaviours.answer(500));
  await publish(ofWorkspace());
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'retrying' }]));
  expect(await call('POST', `/endpoints/${id}/disable`, {})).toMatchObject({ status: 200, body: { status: 'disabled', disabled_reason: 'manual' } });
  expect((await call('POST', `/endpoints/${id}/disable`)).body).toMatchObject({ status: 'disabled', disabled_reason: 'manual' });
  // Its retry is ten minutes away.
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped', reason: 'endpoint_disabled', attempt_count: 1, next_attempt_at: null }]));
  await publish(ofWorkspace());
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped', reason: 'endpoint_disabled', attempt_count: 0 }, { status: 'skipped' }]));

  expect(await call('POST', `/endpoints/${id}/enable`, {})).toMatchObject({ status: 200, body: { status: 'enabled', disabled_reason: null } });
  dispatcher.receiver.program('/disabled', behaviours.answer(200));
  const [event] = await publish(ofWorkspace());
  await eventually(() => expect(idsAt('/disabled')).toContain(event!.id));
  expect(at('/disabled')).toHaveLength(2);
  const told = () => published.filter(({ key: subject, headers }) => subject === id && headers['ce_type'] === 'endpoint.disabled');
  await eventually(() => expect(told()).toHaveLength(1));
  expect(webhookDeliveryEvent.data.parse(JSON.parse(told()[0]!.value))).toMatchObject({ workspace_id: dispatcher.workspaceId, endpoint: { id, disabled_reason: 'manual' } });
  expect((await call('POST', `/endpoints/${id}/enable`, { now: true })).status).toBe(400);
  await remove(id);
});

test('no more than max_in_flight requests at once', async () => {
  const { id } = await register('/narrow', { max_in_flight: 2 });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  dispatcher.receiver.program('/narrow', (response) => void gate.then(() => response.writeHead(200).end()));
  await register('/wide');
  await publish(...Array.from({ length: 10 }, () => ofWorkspace()));
  await eventually(() => expect(at('/wide')).toHaveLength(10));
  expect(at('/narrow')).toHaveLength(2);
  open();
  await eventually(() => expect(at('/narrow')).toHaveLength(10));
  await remove(id);
});

test('who has as many endpoints as allowed gets no more, however many ask at once; one that goes makes room', async () => {
  const answers = await Promise.all(Array.from({ length: 25 }, () => call('POST', '/endpoints', { url: 'https://example.org', event_types: ['award.*'] }, { key: dispatcher.userKey })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
  for (const { body } of answers.filter(({ status }) => status !== 201)) expect(body).toMatchObject({ status: 403, code: 'plan_limit_reached' });
  expect((await call('POST', '/endpoints', { url: 'https://example.org', event_types: ['award.*'] })).status).toBe(201);
  await call('DELETE', `/endpoints/${answers.find(({ status }) => status === 201)!.body.id}`, undefined, { key: dispatcher.userKey });
  expect((await call('POST', '/endpoints', { url: 'https://example.org', event_types: ['award.*'] }, { key: dispatcher.userKey })).status).toBe(201);
});

test('an endpoint shows what became of its deliveries within a day, and how long its attempts took', async () => {
  const { id, stats } = await register('/counted', { event_types: ['activity.completed'] });
  expect(stats).toEqual({ delivered_24h: 0, failed_24h: 0, p95_ms: null, hours: [] });
  dispatcher.receiver.program('/counted', (response) => void setTimeout(() => response.writeHead(200).end(), 30));
  await publish(ofWorkspace(), ofWorkspace());
  await eventually(async () => expect((await call('GET', `/endpoints/${id}`)).body.stats).toEqual({
    delivered_24h: 2, failed_24h: 0, p95_ms: expect.any(Number), hours: [{ hour: expect.stringMatching(/:00:00Z$/), delivered: 2, failed: 0 }],
  }));
  const { body } = await call('GET', '/endpoints?limit=200');
  const shown = body.data.find((endpoint: { id: string }) => endpoint.id === id).stats;
  expect(shown.delivered_24h).toBe(2);
  expect(shown.p95_ms).toBeGreaterThanOrEqual(25);
  await stack.db('outbound-dispatcher').query(`INSERT INTO endpoint_hours SELECT workspace_id, endpoint_id, hour - interval '25 h', 5, 5, durations FROM endpoint_hours WHERE endpoint_id = $1`, [id]);
  await stack.db('outbound-dispatcher').query(`INSERT INTO endpoint_hours SELECT workspace_id, endpoint_id, hour - interval '22 h', 3, 4, durations FROM endpoint_hours WHERE endpoint_id = $1 AND delivered = 2`, [id]);
  expect((await call('GET', `/endpoints/${id}`)).body.stats).toMatchObject({ delivered_24h: 5, failed_24h: 4 });
  await remove(id);
});

test.each(['js', 'python', 'php'].filter((language) => language === 'js' || isThere(language === 'php' ? 'php' : 'python3')))('the receiver that the guide prints in %s takes what is signed and nothing else', async (language) => {
  const program = await createProgram(language);
  const { id, secret } = await register('/unused', { url: program.url });
  const { start } = program;
  const send = async () => (await call('POST', `/endpoints/${id}/test`, { event_type: 'routine.partial' })).body;
  const receiving = start(secret);
  let delivery: Awaited<ReturnType<typeof send>>;
  await eventually(async () => {
    delivery = await send();
    expect(delivery).toMatchObject({ status: 'succeeded' });
  });
  await eventually(() => expect(receiving.output()).toContain(`${delivery.event_id} routine.partial ${delivery.user_id}`));
  const post = async (signature: string, name = 'x-buffy-signature', body = delivery.body) => (await fetch(program.url, { method: 'POST', headers: { [name]: signature }, body })).status;
  const signature = signWebhook(secret, delivery.body);
  expect([await post(signature), await post(signature, 'x-buffy-signature-previous')]).toEqual([200, 200]);
  expect([await post(signature, 'x-buffy-signature', `${delivery.body} `), await post(`${signature}00`), await post(''), await post(signature, 'x-other')]).toEqual([401, 401, 401, 401]);
  // It still has the old secret: within the time of grace that is enough.
  await call('POST', `/endpoints/${id}/rotate-secret`, { grace_seconds: 60 });
  expect(await send()).toMatchObject({ status: 'succeeded' });
  await call('POST', `/endpoints/${id}/rotate-secret`, { grace_seconds: 0 });
  expect(await send()).toMatchObject({ status: 'failed', reason: 'status_401' });
  receiving.stop();
  await remove(id);
});

test("the guide's line for the shell tells a genuine body from a forged one", async () => {
  const { id, secret } = await register('/shell');
  await call('POST', `/endpoints/${id}/test`, { event_type: 'activity.completed' });
  const { headers, body } = at('/shell')[0]!;
  const signature = headers['x-buffy-signature']!;
  expect(askShell({ secret, signature, body })).toBe('genuine');
  expect([askShell({ secret, signature, body: `${body.toString()} ` }), askShell({ secret: `${secret}x`, signature, body }), askShell({ secret, signature: '', body })]).toEqual(['forged', 'forged', 'forged']);
  await remove(id);
});

test('each change of an endpoint stands in the audit log once', async () => {
  const { id } = await register('/audited');
  for (const [method, path, body] of [['PATCH', '', { description: 'x' }], ['PATCH', '', {}], ['POST', '/rotate-secret', {}], ['POST', '/disable', {}], ['POST', '/disable', {}], ['POST', '/enable', {}]] as const) {
    expect((await call(method, `/endpoints/${id}${path}`, body)).status).toBe(200);
  }
  await remove(id);
  const actions = async () => {
    const { body } = await callApi('GET', `${stack.urlOf('behavior-core')}/v1/audit-log?limit=200`, { key: dispatcher.systemKey });
    return body.data.filter(({ target }: { target: { id: string } }) => target.id === id).map(({ action }: { action: string }) => action);
  };
  await eventually(async () => expect(await actions()).toEqual(['endpoint.deleted', 'endpoint.enabled', 'endpoint.disabled', 'endpoint.secret_rotated', 'endpoint.changed', 'endpoint.created']));
});
