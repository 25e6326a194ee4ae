import { callApi, eventually, useStack, type ApiAnswer } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createApp as createCore } from '../../services/behavior-core/src/app.ts';
import { loadConfig as loadCoreConfig } from '../../services/behavior-core/src/config.ts';
import { createApp as createIngress } from '../../services/ingress/src/app.ts';
import { loadConfig as loadIngressConfig } from '../../services/ingress/src/config.ts';
import { createApp as createDispatcher } from '../../services/outbound-dispatcher/src/app.ts';
import { loadConfig as loadDispatcherConfig } from '../../services/outbound-dispatcher/src/config.ts';
import { expectDocumented } from '../documented-answers.ts';

// Contract, section 1: Idempotency-Key is honoured on every POST under /v1.
// One has no API key to be told apart by: services/behavior-core/test/api-keys.int.test.ts shows the same of it.
const WITHOUT_KEY = 'POST /v1/portal-sessions/exchange';
const stack = useStack();
const serviceOf = new Map<string, Parameters<typeof stack.urlOf>[0]>();
const created = { endpoint: '', delivery: '', activity: '', routine: '', step: '', archived: '', campaign: '', task: '', award: 'awd_test' };
let systemKey: string;
let secondKey: string;

async function post(route: string, path: string, { body, key = systemKey, idempotencyKey }: { body?: unknown; key?: string; idempotencyKey?: string } = {}): Promise<ApiAnswer> {
  const answer = await callApi('POST', stack.urlOf(serviceOf.get(route) ?? 'gateway') + path, { key, body, headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey } });
  expectDocumented(route, answer);
  return answer;
}
const make = async (path: string, body: unknown) => (await callApi('POST', stack.urlOf('behavior-core') + path, { key: systemKey, body })).body;

beforeAll(async () => {
  const settings = { API_LIMIT_PER_MINUTE: '100000', INBOUND_LIMIT: '100000', ALLOW_INSECURE_ENDPOINTS: 'true', EGRESS_ALLOW_CIDRS: '127.0.0.0/8' };
  const apps = [
    { service: 'behavior-core', ...createCore(loadCoreConfig(stack.envOf('behavior-core', settings))) },
    { service: 'outbound-dispatcher', ...createDispatcher(loadDispatcherConfig(stack.envOf('outbound-dispatcher', settings))) },
    { service: 'ingress', ...createIngress(loadIngressConfig(stack.envOf('ingress', settings))) },
  ] as const;
  for (const { service, components, routes } of apps) {
    await stack.run(components);
    for (const route of routes) if (route.startsWith('POST /v1/') && route !== WITHOUT_KEY) serviceOf.set(route, service);
  }
  const { workspaceId, systemKey: key } = await stack.createWorkspace();
  systemKey = key;
  secondKey = (await make('/v1/api-keys', { label: 'second' })).api_key;
  created.activity = (await make('/v1/activities', { type: 'habit', name: 'Drink water', user_id: 'usr_1' })).id;
  const routine = await make('/v1/activities', { type: 'routine', name: 'Morning', user_id: 'usr_1', steps: [{ name: 'one' }, { name: 'two' }, { name: 'three' }] });
  [created.routine, created.step] = [routine.id, routine.steps[0].id];
  created.archived = (await make('/v1/activities', { type: 'habit', name: 'Gone', user_id: 'usr_1' })).id;
  await callApi('DELETE', `${stack.urlOf('behavior-core')}/v1/activities/${created.archived}`, { key: systemKey });
  created.campaign = String((await make('/v1/campaigns', { name: 'Winter', status: 'active' })).id);
  const ofDispatcher = async (path: string, body: unknown) => (await callApi('POST', `${stack.urlOf('outbound-dispatcher')}/v1/webhooks/endpoints${path}`, { key: systemKey, body })).body;
  created.endpoint = (await ofDispatcher('', { url: 'http://127.0.0.1:1/hook', event_types: ['*'] })).id;
  created.delivery = (await ofDispatcher(`/${created.endpoint}/test`, { event_type: 'activity.completed' })).id;
  created.task = (await make(`/v1/campaigns/${created.campaign}/tasks`, { name: 'Buy', points: 1 })).id;
  await stack.db('behavior-core').query(
    `INSERT INTO awards (workspace_id, id, campaign_id, task_id, wallet, environment, period, inapp_event_id, event_id, points, occurred_at, awarded_at)
     VALUES ($1, $2, $3, $4, '0xab', 'test', 'once', 'iev_1', 'evt_1', 1, now(), now())`,
    [workspaceId, created.award, created.campaign, created.task],
  );
}, 60_000);

interface Row {
  path(): string;
  body: () => object;
}
const row = (path: () => string, body: () => object = () => ({})): Row => ({ path, body });
const ofActivity = (action: string, body?: () => object) => row(() => `/v1/activities/${created.activity}/${action}`, body);
const ofStep = (action: string) => row(() => `/v1/activities/${created.routine}/steps/${created.step}/${action}`);
const ofEndpoint = (rest: string, body?: () => object) => row(() => `/v1/webhooks/endpoints/${created.endpoint}${rest}`, body);
const ofCampaign = (rest: string, body: () => object) => row(() => `/v1/campaigns/${created.campaign}${rest}`, body);
const completion = (day: number) => ({ event: 'activity.completed', activity_id: created.activity, user_id: 'usr_1', timestamp: `2026-03-0${day}T08:12:44Z` });

const ROWS: Readonly<Record<string, Row>> = {
  'POST /v1/activities': row(() => '/v1/activities', () => ({ type: 'habit', name: 'Read', user_id: 'usr_1' })),
  'POST /v1/activities/:id/complete': ofActivity('complete'),
  'POST /v1/activities/:id/reopen': ofActivity('reopen'),
  'POST /v1/activities/:id/snooze': ofActivity('snooze', () => ({ snooze_minutes: 5 })),
  'POST /v1/activities/:id/skip': ofActivity('skip'),
  'POST /v1/activities/:id/activate': row(() => `/v1/activities/${created.routine}/activate`),
  'POST /v1/activities/:id/steps/:stepId/complete': ofStep('complete'),
  'POST /v1/activities/:id/steps/:stepId/skip': ofStep('skip'),
  'POST /v1/activities/:id/restore': row(() => `/v1/activities/${created.archived}/restore`),
  'POST /v1/users/:id/api-keys': row(() => '/v1/users/usr_1/api-keys', () => ({ label: 'phone' })),
  'POST /v1/api-keys': row(() => '/v1/api-keys', () => ({ label: 'server' })),
  'POST /v1/portal-sessions': row(() => '/v1/portal-sessions', () => ({ user_id: 'usr_1' })),
  'POST /v1/activity-templates': row(() => '/v1/activity-templates', () => ({ name: 'morning', activities: [{ type: 'habit', name: 'Stretch' }] })),
  'POST /v1/campaigns': row(() => '/v1/campaigns', () => ({ name: 'Summer' })),
  'POST /v1/campaigns/:id/tasks': ofCampaign('/tasks', () => ({ name: 'Share', points: 2 })),
  'POST /v1/campaigns/:id/mappings': ofCampaign('/mappings', () => ({ event_type: 'shared', task_id: created.task })),
  'POST /v1/campaigns/:id/inapp-keys': ofCampaign('/inapp-keys', () => ({ label: 'game' })),
  'POST /v1/campaigns/:id/awards/:award_id/revoke': row(() => `/v1/campaigns/${created.campaign}/awards/${created.award}/revoke`, () => ({ reason: 'By mistake' })),
  'POST /v1/webhooks/endpoints': row(() => '/v1/webhooks/endpoints', () => ({ url: 'https://example.org/hook', event_types: ['*'] })),
  'POST /v1/webhooks/endpoints/:id/rotate-secret': ofEndpoint('/rotate-secret', () => ({ grace_seconds: 60 })),
  'POST /v1/webhooks/endpoints/:id/disable': ofEndpoint('/disable'),
  'POST /v1/webhooks/endpoints/:id/enable': ofEndpoint('/enable'),
  'POST /v1/webhooks/endpoints/:id/replay': ofEndpoint('/replay', () => ({ since: '2026-01-01T00:00:00Z' })),
  'POST /v1/webhooks/endpoints/:id/test': ofEndpoint('/test', () => ({ event_type: 'activity.completed' })),
  'POST /v1/webhooks/deliveries/:id/retry': row(() => `/v1/webhooks/deliveries/${created.delivery}/retry`),
  'POST /v1/webhooks/inbound': row(() => '/v1/webhooks/inbound', () => completion(1)),
  'POST /v1/activities/bulk': row(() => '/v1/activities/bulk', () => ({ operations: [completion(2)] })),
};

test('every POST of every service has its row here, and every row its route', () => {
  expect(Object.keys(ROWS).toSorted()).toEqual([...serviceOf.keys()].toSorted());
});

/** Everything but what belongs to the one request: its id, the date and the limits. */
function lasting({ status, headers, body }: ApiAnswer) {
  return { status, body, location: headers.get('location'), type: headers.get('content-type') };
}

describe.each(Object.entries(ROWS))('%s', (route, { path, body }) => {
  const idempotencyKey = `key of ${route}`;
  const send = (given: Parameters<typeof post>[2] = {}) => post(route, path(), { body: body(), idempotencyKey, ...given });
  let first: ApiAnswer;

  test('the same request again gets the same answer word for word, marked, and counts', async () => {
    first = await send();
    expect([200, 201, 202, 409]).toContain(first.status);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const second = await send();
    expect(lasting(second)).toEqual(lasting(first));
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(second.headers.get('ratelimit')).toMatch(/;r=\d+;t=\d+$/);
    expect(Number(/r=(\d+)/.exec(second.headers.get('ratelimit') ?? '')?.[1])).toBeLessThan(Number(/r=(\d+)/.exec(first.headers.get('ratelimit') ?? '')?.[1]));
  });

  test('another body under the same key is refused, and the first answer stands', async () => {
    expect(await send({ body: { ...body(), other: true } })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(lasting(await send())).toEqual(lasting(first));
  });

  test('under another API key it is another request', async () => {
    expect((await send({ key: secondKey })).headers.get('idempotent-replayed')).toBeNull();
  });

  test.each([['nothing', ''], ['256 characters', 'x'.repeat(256)]])('a key of %s is refused', async (_, bad) => {
    expect(await send({ idempotencyKey: bad })).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('who is not known is answered anew each time', async () => {
    const key = 'wgl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const answers = [await send({ key, idempotencyKey: 'unknown' }), await send({ key, idempotencyKey: 'unknown' })];
    expect(answers.map(({ status, headers }) => [status, headers.get('idempotent-replayed')])).toEqual([[401, null], [401, null]]);
  });
});

test('parallel requests with one key have one effect: one is answered, the rest are told to wait or get its answer', async () => {
  const send = () => post('POST /v1/activities', '/v1/activities', { body: { type: 'habit', name: 'At once', user_id: 'usr_parallel' }, idempotencyKey: 'parallel' });
  const answers = await Promise.all(Array.from({ length: 10 }, send));
  const made = answers.filter(({ status }) => status === 201);
  for (const { status, body } of answers.filter((answer) => answer.status !== 201)) expect([status, body.code]).toEqual([409, 'idempotency_in_progress']);
  expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
  const { body } = await callApi('GET', `${stack.urlOf('behavior-core')}/v1/activities?user_id=usr_parallel`, { key: systemKey });
  expect(body.data).toHaveLength(1);
});

test('its scope is the user named in the body too, and the path', async () => {
  const send = (user_id: string) => post('POST /v1/activities', '/v1/activities', { body: { type: 'habit', name: 'Scoped', user_id }, idempotencyKey: 'scoped' });
  const [one, two] = [await send('usr_scope_1'), await send('usr_scope_2')];
  expect([one.status, two.status]).toEqual([201, 201]);
  expect(one.body.id).not.toBe(two.body.id);
  expect((await send('usr_scope_1')).body.id).toBe(one.body.id);
});

test('a refused request is answered again as it was, though its cause is gone', async () => {
  const send = () => post('POST /v1/activities/:id/complete', '/v1/activities/act_later/complete', { body: {}, idempotencyKey: 'refused' });
  const first = await send();
  expect(first).toMatchObject({ status: 404, body: { instance: first.headers.get('x-request-id') } });
  await make('/v1/activities', { id: 'act_later', type: 'habit', name: 'Later', user_id: 'usr_1' });
  expect(lasting(await send())).toEqual(lasting(first));
});

test('secrets in stored answers are sealed, and events of a request with a key are published', async () => {
  const { body } = await post('POST /v1/api-keys', '/v1/api-keys', { body: { label: 'sealed' }, idempotencyKey: 'sealed' });
  const { rows } = await stack.db('behavior-core').query('SELECT string_agg(to_json(r)::text, chr(10)) AS text FROM idempotent_requests r');
  expect(rows[0].text).not.toContain(body.api_key);
  const made = await post('POST /v1/activities', '/v1/activities', { body: { type: 'habit', name: 'Told', user_id: 'usr_told' }, idempotencyKey: 'told' });
  expect(made.status).toBe(201);
  await eventually(async () => expect((await stack.db('behavior-core').query('SELECT 1 FROM outbox')).rows).toHaveLength(0));
});
