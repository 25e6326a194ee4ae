import { ROUTES_BY_SUBJECT } from '@waggle/documents';
import { callApi, eventually, startReceiver, useStack, type ApiAnswer } from '@waggle/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp as createCore } from '../../services/behavior-core/src/app.ts';
import { loadConfig as loadCoreConfig } from '../../services/behavior-core/src/config.ts';
import { createApp as createLog } from '../../services/event-log/src/app.ts';
import { loadConfig as loadLogConfig } from '../../services/event-log/src/config.ts';
import { createApp as createIngress } from '../../services/ingress/src/app.ts';
import { loadConfig as loadIngressConfig } from '../../services/ingress/src/config.ts';
import { createApp as createDispatcher } from '../../services/outbound-dispatcher/src/app.ts';
import { loadConfig as loadDispatcherConfig } from '../../services/outbound-dispatcher/src/config.ts';
import { expectDocumented } from '../documented-answers.ts';
import { ATTEMPTS, type Attempt, type Expected, type Intruder } from './attempts.ts';
import { aVictim, givenTenants, SECRET, WORKSPACE_SECRET, type Keys, type Target } from './given-tenants.ts';

// I7: no tenant reads or changes another's data, shown on every route that any service serves.
const stack = useStack();
const serviceOf = new Map<string, Parameters<typeof stack.urlOf>[0]>();
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let workspaceId: string;
let keys: Keys;
let target: Target;
let before: Map<string, string[]>;

beforeAll(async () => {
  receiver = await startReceiver();
  const settings = { API_LIMIT_PER_MINUTE: '100000', ALLOW_INSECURE_ENDPOINTS: 'true', EGRESS_ALLOW_CIDRS: '127.0.0.0/8' };
  const core = createCore(loadCoreConfig(stack.envOf('behavior-core', { ...settings, REMINDER_INTERVAL_MS: '1000' })));
  const others = [
    { service: 'ingress', ...createIngress(loadIngressConfig(stack.envOf('ingress', settings))) },
    { service: 'event-log', ...createLog(loadLogConfig(stack.envOf('event-log', settings))) },
    { service: 'outbound-dispatcher', ...createDispatcher(loadDispatcherConfig(stack.envOf('outbound-dispatcher', settings))) },
  ] as const;
  await stack.run(core.components);
  await Promise.all(others.map(({ components }) => stack.run(components)));
  for (const { service, routes } of [{ service: 'behavior-core', ...core } as const, ...others]) for (const route of routes) serviceOf.set(route, service);

  ({ workspaceId, keys } = await givenTenants(stack));
  target = await aVictim(stack, keys, receiver.url('/hook'));
  await eventually(async () => expect(await isCounted()).toBe(true));
  before = await victimsRows();
}, 120_000);
afterAll(() => receiver?.stop());

test('the OpenAPI document describes the routes that are served, and no other', () => {
  const withoutNames = (route: string) => route.replaceAll(/:[A-Za-z_]+|\{[a-z_]+\}/g, '{}');
  const described = Object.values(ROUTES_BY_SUBJECT).flatMap((routes) => Object.keys(routes));
  expect(described.map(withoutNames).toSorted()).toEqual([...serviceOf.keys()].map(withoutNames).toSorted());
});

test('every route of every service has its rows here, and every row its route', () => {
  expect(Object.keys(ATTEMPTS).toSorted()).toEqual([...serviceOf.keys()].toSorted());
});

async function ask(route: string, attempt: Attempt, { key, who, headers = {} }: { key?: string; who: Intruder; headers?: Record<string, string> }): Promise<ApiAnswer> {
  const [method = ''] = route.split(' ');
  const body = attempt.body?.(target, who);
  const answer = await callApi(method, stack.urlOf(serviceOf.get(route) ?? 'gateway') + attempt.path(target), { key, body, headers });
  expectDocumented(route, answer);
  return answer;
}

/** What the answer tells of the victim, beyond what the request itself said. */
function leaksIn(answer: ApiAnswer, attempt: Attempt, who: Intruder): string[] {
  const asked = `${attempt.path(target)} ${JSON.stringify(attempt.body?.(target, who) ?? '')}`;
  // A user sees its workspace's templates; the other workspace has a user, an activity and a template of the same names.
  const { templateName: _, userId, twinId, ...ids } = target;
  const told = [SECRET, ...Object.values(ids), ...(who === 'foreign' ? [WORKSPACE_SECRET] : [userId, twinId])];
  // An export is text, of JSON or of cells.
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? '');
  return told.filter((word) => !asked.includes(word) && new RegExp(`[",\\n]${word}[",\\n]`).test(text));
}

function expectAnswer(answer: ApiAnswer, expected: Expected) {
  if (expected === 'own') expect([200, 201, 202, 204]).toContain(answer.status);
  else expect(answer.status).toBe(expected);
}

describe.each(Object.entries(ATTEMPTS))('%s', (route, attempts) => {
  const wellFormed = 'wgl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  test.each([['no key', undefined], ['a key that is none', wellFormed]])('%s: 401', async (_, key) => {
    for (const attempt of attempts) expect((await ask(route, attempt, { ...(key !== undefined && { key }), who: 'foreign' })).status).toBe(401);
  });

  // The code is whose the session is, and an in-app event comes without a key.
  if (route.includes(' /v1/') && !route.endsWith('/exchange')) {
    test("a user key that names somebody else in X-Buffy-User-ID: 403; what cannot be a user: 400", async () => {
      const answer = await ask(route, attempts[0]!, { key: keys.neighbour, who: 'neighbour', headers: { 'x-buffy-user-id': target.userId } });
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      const nobody = await ask(route, attempts[0]!, { key: keys.foreign, who: 'foreign', headers: { 'x-buffy-user-id': 'no id' } });
      expect(nobody).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    });
  }

  for (const [index, attempt] of attempts.entries()) {
    test.each(['neighbour', 'foreign'] as const)(`attempt ${index + 1}: the %s gets no further than the contract says`, async (who) => {
      const answer = await ask(route, attempt, { key: keys[who], who });
      expectAnswer(answer, attempt[who]);
      expect(leaksIn(answer, attempt, who)).toEqual([]);
      // Refused as an unknown thing would be, without a word of what it is.
      if (typeof attempt[who] === 'number' && answer.status !== 401) expect(answer.body).toMatchObject({ status: attempt[who], code: expect.any(String) });
    });
  }
});

test('after all that nothing of the victim has changed, and the erasure of a user of the same id elsewhere is complete', async () => {
  const { body } = await callApi('GET', `${stack.urlOf('behavior-core')}/v1/audit-log?action=user.erased`, { key: keys.foreign });
  expect(body.data).toHaveLength(1);
  const operation = `${stack.urlOf('behavior-core')}/v1/operations/${body.data[0].details.operation_id}`;
  await eventually(async () => expect((await callApi('GET', operation, { key: keys.foreign })).body).toMatchObject({ status: 'completed', done: 3 }));
  expect(await victimsRows()).toEqual(before);
  expect((await callApi('GET', `${stack.urlOf('behavior-core')}/v1/auth/me`, { key: keys.victim })).status).toBe(200);
});

test('a key is revoked once: the reference says what the second time is', async () => {
  const call = (method: string, path: string, body?: object) => callApi(method, `${stack.urlOf('behavior-core')}/v1${path}`, { key: keys.foreign, body });
  const campaign = `/campaigns/${(await call('POST', '/campaigns', { name: 'Short' })).body.id}`;
  const revocable = [
    ['DELETE /v1/api-keys/:id', `/api-keys/${(await call('POST', '/api-keys', { label: 'short' })).body.id}`],
    ['DELETE /v1/campaigns/:id/inapp-keys/:key_id', `${campaign}/inapp-keys/${(await call('POST', `${campaign}/inapp-keys`, { label: 'short' })).body.key_id}`],
  ] as const;
  for (const [route, path] of revocable) {
    const answers = [await call('DELETE', path), await call('DELETE', path)];
    expect(answers.map(({ status, body }) => [status, body?.code])).toEqual([[204, undefined], [409, 'already_revoked']]);
    for (const answer of answers) expectDocumented(route, answer);
  }
});

test.each([
  ['behavior-core', '/v1/users?limit=1'], ['behavior-core', '/v1/activities?limit=1'], ['behavior-core', '/v1/audit-log?limit=1'], ['event-log', '/v1/events?limit=1'],
  ['outbound-dispatcher', '/v1/webhooks/deliveries?limit=1'],
] as const)("a cursor of %s %s is of no use to another workspace", async (service, path) => {
  const { body } = await callApi('GET', stack.urlOf(service) + path, { key: keys.system });
  expect(body.next_cursor).toEqual(expect.any(String));
  const answer = await callApi('GET', `${stack.urlOf(service)}${path}&cursor=${body.next_cursor}`, { key: keys.foreign });
  expect(answer).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
});

/** The victim's webhooks and messages have all been delivered, the statistics, which follow a second later, know of each, and reminders are planned. */
async function isCounted(): Promise<boolean> {
  const { rows } = await stack.db('outbound-dispatcher').query(`SELECT count(*) FILTER (WHERE status <> 'succeeded') AS open, count(*) AS all,
    (SELECT coalesce(sum(delivered), 0) FROM endpoint_hours) AS counted, (SELECT count(*) FROM channel_queues WHERE claimable_at < 'infinity') AS queued FROM deliveries`);
  const { rows: users } = await stack.db('behavior-core').query('SELECT count(*) AS due FROM users WHERE remind_at <= now()');
  return Number(rows[0].open) === 0 && Number(rows[0].all) === Number(rows[0].counted) && Number(rows[0].queued) === 0 && Number(users[0].due) === 0;
}

/** Requests leave a trace of themselves, whatever came of them; the queue empties itself. */
const TRACES = new Set(['operations', 'bulk_operations', 'bulk_results', 'idempotent_requests', 'outbox', 'audit_log']);

/** By table: every row of the workspace that names the victim or something of the victim's. */
async function victimsRows(): Promise<Map<string, string[]>> {
  // A campaign's number would be found in every row.
  const { campaignId: _, ...names } = target;
  const words = [SECRET, WORKSPACE_SECRET, ...Object.values(names)];
  const found = new Map<string, string[]>();
  for (const owner of ['behavior-core', 'event-log', 'outbound-dispatcher'] as const) {
    const { rows: tables } = await stack.db(owner).query("SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id'");
    for (const { name } of tables) {
      if (TRACES.has(name)) continue;
      // When a key was used last is written by itself.
      const { rows } = await stack.db(owner).query<{ row: string }>(
        `SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM "${name}" t WHERE workspace_id = $1 AND EXISTS (SELECT FROM unnest($2::text[]) w WHERE to_jsonb(t)::text LIKE '%' || w || '%')`,
        [workspaceId, words],
      );
      found.set(`${owner}.${name}`, rows.map(({ row }) => row).toSorted());
    }
  }
  return found;
}
