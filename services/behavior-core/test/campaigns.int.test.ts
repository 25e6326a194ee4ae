import { inappEvent, type InappEvent } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { callApi, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createAwardStore } from '../src/adapters/campaigns/award-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { inappEventHandler } from '../src/consumers/inapp-event.ts';
import { anInappEvent, walletOf } from './seed-campaign.ts';

const stack = useStack();
const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
const keys = { system: '', user: '', foreign: '' };
let workspaceId = '';

beforeAll(async () => {
  await stack.run([database, ...createApp(loadConfig(stack.envOf('behavior-core', { API_LIMIT_PER_MINUTE: '10000' }))).components]);
  const own = await stack.createWorkspace();
  workspaceId = own.workspaceId;
  keys.system = own.systemKey;
  keys.foreign = (await stack.createWorkspace()).systemKey;
  await call('POST', '/v1/activities', { body: { user_id: 'usr_1', type: 'habit', name: 'Drink water' } });
  keys.user = (await call('POST', '/v1/users/usr_1/api-keys', { body: { label: 'phone' } })).body.api_key;
});

/** Status and body: what these tests compare. */
async function call(method: string, path: string, { body, key = keys.system }: { body?: unknown; key?: string } = {}) {
  const answer = await callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key, body });
  return { status: answer.status, body: answer.body };
}

async function aCampaign(fields: object = {}) {
  return (await call('POST', '/v1/campaigns', { body: { name: 'Winter', status: 'active', ...fields } })).body;
}

async function aMappedTask(campaignId: number, fields: object = {}, event_type = 'purchase_completed') {
  const task = (await call('POST', `/v1/campaigns/${campaignId}/tasks`, { body: { name: 'Buy', points: 10, ...fields } })).body;
  await call('POST', `/v1/campaigns/${campaignId}/mappings`, { body: { event_type, task_id: task.id } });
  return task;
}

async function introspect(key_id: string) {
  const headers = { 'content-type': 'application/json', 'x-internal-token': String(stack.env['INTERNAL_TOKEN']) };
  const url = `http://127.0.0.1:${stack.envOf('behavior-core')['INTERNAL_PORT']}/internal/introspect-inapp-key`;
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ key_id }) })).json();
}

async function process(...events: InappEvent[]) {
  const handler = inappEventHandler({ ...createAwardStore(database.pool), refreshReceipts() {}, wake() {} });
  for (const event of events) await handler.handle([{ partition: 0, offset: '0', ...toRecord(inappEvent, event) }]);
}

describe('administration', () => {
  test('a campaign is made with its defaults, read and listed', async () => {
    const made = await call('POST', '/v1/campaigns', { body: { name: 'Winter', starts_at: '2026-01-01T01:00:00+01:00' } });
    expect(made).toMatchObject({
      status: 201,
      body: { id: expect.any(Number), name: 'Winter', status: 'draft', inapp_webhooks_enabled: true, starts_at: '2026-01-01T00:00:00Z', ends_at: null },
    });
    expect(await call('GET', `/v1/campaigns/${made.body.id}`)).toEqual({ status: 200, body: made.body });
    expect((await call('GET', '/v1/campaigns?limit=200')).body.data).toContainEqual(made.body);
  });

  test('tasks, mappings and keys are made and listed; a secret is shown once and opens for ingress alone', async () => {
    const { id } = await aCampaign();
    const task = await call('POST', `/v1/campaigns/${id}/tasks`, { body: { name: 'Buy', points: 10, recurrence: 'daily', max_awards: 5 } });
    expect(task).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^tsk_/), campaign_id: id, verification: 'INAPP_WEBHOOK', points: 10, recurrence: 'daily', max_awards: 5, awards_used: 0 },
    });
    const mapping = await call('POST', `/v1/campaigns/${id}/mappings`, { body: { event_type: 'purchase_completed', task_id: task.body.id } });
    expect(mapping).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^map_/), event_type: 'purchase_completed', task_id: task.body.id, active: true } });
    const { status, body: { secret, ...key } } = await call('POST', `/v1/campaigns/${id}/inapp-keys`, { body: { label: 'shop', environment: 'test' } });
    expect({ status, key }).toMatchObject({ status: 201, key: { key_id: expect.stringMatching(/^ick_/), campaign_id: id, label: 'shop', environment: 'test', rate_limit_per_minute: 100 } });

    expect((await call('GET', `/v1/campaigns/${id}/tasks`)).body.data).toEqual([task.body]);
    expect((await call('GET', `/v1/campaigns/${id}/mappings`)).body.data).toEqual([mapping.body]);
    expect((await call('GET', `/v1/campaigns/${id}/inapp-keys`)).body.data).toEqual([key]);
    expect(await introspect(key.key_id)).toEqual({
      active: true, key_id: key.key_id, workspace_id: workspaceId, campaign_id: id, environment: 'test', secret, rate_limit_per_minute: 100,
      inapp_webhooks_enabled: true, event_types: ['purchase_completed'],
    });
    const { rows } = await stack.db('behavior-core').query('SELECT sealed_secret FROM inapp_keys WHERE id = $1', [key.key_id]);
    expect(rows[0].sealed_secret).not.toContain(secret);
  });

  test('an unknown or revoked key, and a mapping that is not active, are not told to ingress', async () => {
    expect(await introspect('ick_unknown')).toEqual({ active: false });
    const { id } = await aCampaign();
    const { key_id } = (await call('POST', `/v1/campaigns/${id}/inapp-keys`, { body: { label: 'shop' } })).body;
    const task = await aMappedTask(id);
    await call('POST', `/v1/campaigns/${id}/mappings`, { body: { event_type: 'signup_completed', task_id: task.id, active: false } });
    expect(await introspect(key_id)).toMatchObject({ active: true, event_types: ['purchase_completed'] });
    expect(await call('DELETE', `/v1/campaigns/${id}/inapp-keys/${key_id}`)).toEqual({ status: 204, body: undefined });
    expect(await introspect(key_id)).toEqual({ active: false });
    expect((await call('GET', `/v1/campaigns/${id}/inapp-keys`)).body.data).toEqual([]);
    expect(await call('DELETE', `/v1/campaigns/${id}/inapp-keys/${key_id}`)).toMatchObject({ status: 409, body: { code: 'already_revoked' } });
  });

  test.each([
    { description: 'no name', path: '', body: {}, field: 'name' },
    { description: 'a status that is none', path: '', body: { name: 'W', status: 'paused' }, field: 'status' },
    { description: 'a field that is not known', path: '', body: { name: 'W', budget: 1 }, field: 'budget' },
    { description: 'an end before its start', path: '', body: { name: 'W', starts_at: '2026-02-01T00:00:00Z', ends_at: '2026-01-01T00:00:00Z' }, field: 'ends_at' },
    { description: 'a time that cannot be kept', path: '', body: { name: 'W', starts_at: '0000-01-01T00:00:00Z' }, field: 'starts_at' },
    { description: 'no points', path: '/tasks', body: { name: 'T', points: 0 }, field: 'points' },
    { description: 'half a point', path: '/tasks', body: { name: 'T', points: 0.5 }, field: 'points' },
    { description: 'a recurrence that is none', path: '/tasks', body: { name: 'T', points: 1, recurrence: 'hourly' }, field: 'recurrence' },
    { description: 'a verification that is none', path: '/tasks', body: { name: 'T', points: 1, verification: 'MANUAL' }, field: 'verification' },
    { description: 'a task that is not there', path: '/mappings', body: { event_type: 'x', task_id: 'tsk_nobody' }, field: 'task_id' },
    { description: 'an event type with a line break', path: '/mappings', body: { event_type: 'a\nb', task_id: 'tsk_1' }, field: 'event_type' },
    { description: 'an environment that is none', path: '/inapp-keys', body: { label: 'L', environment: 'staging' }, field: 'environment' },
    { description: 'a limit of none', path: '/inapp-keys', body: { label: 'L', rate_limit_per_minute: 0 }, field: 'rate_limit_per_minute' },
    { description: 'a limit beyond 600,000', path: '/inapp-keys', body: { label: 'L', rate_limit_per_minute: 600_001 }, field: 'rate_limit_per_minute' },
  ])('400 for $description', async ({ path, body, field }) => {
    const to = path === '' ? '/v1/campaigns' : `/v1/campaigns/${(await aCampaign()).id}${path}`;
    expect(await call('POST', to, { body })).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path: field }] } });
  });

  test('409 for a mapping that is there already; another task of the same type is not that', async () => {
    const { id } = await aCampaign();
    const [task, other] = [await aMappedTask(id), await aMappedTask(id)];
    expect(await call('POST', `/v1/campaigns/${id}/mappings`, { body: { event_type: 'purchase_completed', task_id: task.id } })).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    expect((await call('GET', `/v1/campaigns/${id}/mappings`)).body.data.map(({ task_id }: { task_id: string }) => task_id)).toEqual([task.id, other.id]);
  });

  test('a list is read in pages', async () => {
    const { id } = await aCampaign();
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await call('POST', `/v1/campaigns/${id}/tasks`, { body: { name, points: 1 } });
    const seen: string[] = [];
    let path = `/v1/campaigns/${id}/tasks?limit=2`;
    for (let next: string | null = ''; next !== null; path = `/v1/campaigns/${id}/tasks?limit=2&cursor=${next}`) {
      const { body } = await call('GET', path);
      seen.push(...body.data.map(({ name }: { name: string }) => name));
      next = body.next_cursor;
    }
    expect(seen.toSorted()).toEqual(names);
  });
});

const ROUTES = [
  ['GET', ''], ['PATCH', ''], ['POST', '/tasks'], ['GET', '/tasks'], ['PATCH', '/tasks/tsk_1'], ['DELETE', '/tasks/tsk_1'], ['POST', '/mappings'], ['GET', '/mappings'],
  ['PATCH', '/mappings/map_1'], ['DELETE', '/mappings/map_1'], ['POST', '/inapp-keys'], ['GET', '/inapp-keys'], ['DELETE', '/inapp-keys/ick_1'],
  ['GET', '/inapp-events'], ['GET', '/inapp-events/iev_1'], ['GET', '/awards'], ['POST', '/awards/awd_1/revoke'], ['GET', '/leaderboard'],
] as const;

test.each(ROUTES)('%s …%s: a user key may not, and another workspace does not see it', async (method, path) => {
  const { id } = await aCampaign();
  const body = method === 'POST' || method === 'PATCH' ? { body: {} } : {};
  expect(await call(method, `/v1/campaigns/${id}${path}`, { ...body, key: keys.user })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect(await call(method, `/v1/campaigns/${id}${path}`, { ...body, key: keys.foreign })).toMatchObject({ status: 404, body: { code: 'not_found' } });
  for (const unknown of ['2147483647', '9007199254740993', '0', '-1', 'x', '%00']) {
    expect(await call(method, `/v1/campaigns/${unknown}${path}`, body)).toMatchObject({ status: 404 });
  }
});

test('the list of campaigns is the workspace\'s, and not for a user key', async () => {
  await aCampaign();
  expect((await call('GET', '/v1/campaigns', { key: keys.foreign })).body.data).toEqual([]);
  expect((await call('GET', '/v1/campaigns', { key: keys.user })).status).toBe(403);
  expect((await call('POST', '/v1/campaigns', { key: keys.user, body: { name: 'W' } })).status).toBe(403);
});

describe('visibility', () => {
  let campaignId: number;
  let given: InappEvent[];

  beforeAll(async () => {
    campaignId = (await aCampaign()).id;
    const { key_id } = (await call('POST', `/v1/campaigns/${campaignId}/inapp-keys`, { body: { label: 'shop' } })).body;
    await aMappedTask(campaignId, { recurrence: 'daily' });
    await aMappedTask(campaignId, { points: 7 }, 'signup_completed');
    const base = { campaign_id: campaignId, workspace_id: workspaceId, key_id };
    const event = (id: string, fields: Partial<InappEvent>) => anInappEvent({ ...base, id: `iev_${id}`, event_id: id, received_at: `2026-01-02T03:04:0${given.length}Z`, ...fields });
    given = [];
    given.push(event('a', {}));
    given.push(event('b', { wallet: walletOf(2), event_type: 'signup_completed' }));
    given.push(event('c', {}));
    given.push(event('d', { environment: 'test' }));
    given.push(event('e', { wallet: walletOf(2), occurred_at: '2026-01-03T00:00:00Z' }));
    given.push(event('f', { wallet: walletOf(3) }));
    // Whoever puts a record into the topic: another workspace's event is no business of this campaign's operator.
    await process(...given, event('g', { workspace_id: 'ws_other', wallet: walletOf(4) }));
  });

  const idsOf = async (path: string) => (await call('GET', `/v1/campaigns/${campaignId}${path}`)).body.data.map(({ event_id }: { event_id: string }) => event_id);

  test('an event is shown with its outcome, its awards and the text that came', async () => {
    const { body } = await call('GET', `/v1/campaigns/${campaignId}/inapp-events/iev_a`);
    expect(body).toEqual({
      id: 'iev_a', event_id: 'a', event_type: 'purchase_completed', environment: 'live', key_id: given[0]!.key_id, wallet: walletOf(1), occurred_at: '2026-01-02T03:04:05Z',
      received_at: '2026-01-02T03:04:00Z', processed_at: expect.any(String), processing_status: 'awarded', reason: null, conflict: false, body: given[0]!.body,
      awards: [expect.objectContaining({ id: expect.stringMatching(/^awd_/), points: 10, event_id: 'a', awarded_at: body.processed_at })],
    });
    expect((await call('GET', `/v1/campaigns/${campaignId}/inapp-events`)).body.data).toContainEqual(body);
    expect((await call('GET', `/v1/campaigns/${campaignId}/inapp-events/iev_nobody`)).status).toBe(404);
  });

  test.each([
    { query: '', ids: ['f', 'e', 'd', 'c', 'b', 'a'] },
    { query: '?status=no_award', ids: ['c'] },
    { query: '?event_type=signup_completed', ids: ['b'] },
    { query: `?wallet=${walletOf(1).toUpperCase().replace('X', 'x')}`, ids: ['d', 'c', 'a'] },
    { query: '?environment=test', ids: ['d'] },
    { query: '?event_id=c', ids: ['c'] },
    { query: `?wallet=${walletOf(1)}&environment=live&status=awarded`, ids: ['a'] },
  ])('in-app events$query: newest first', async ({ query, ids }) => {
    expect(await idsOf(`/inapp-events${query}`)).toEqual(ids);
  });

  test('awards are listed newest first; those of test events only when asked for', async () => {
    expect(await idsOf('/awards')).toEqual(['f', 'e', 'b', 'a']);
    expect(await idsOf('/awards?environment=test')).toEqual(['d']);
    expect(await idsOf(`/awards?wallet=${walletOf(2)}`)).toEqual(['e', 'b']);
  });

  test('the leaderboard is by points, equal points share a rank, over pages too', async () => {
    const expected = [
      { rank: 1, wallet: walletOf(2), points: 17, awards: 2 },
      { rank: 2, wallet: walletOf(1), points: 10, awards: 1 },
      { rank: 2, wallet: walletOf(3), points: 10, awards: 1 },
    ];
    expect((await call('GET', `/v1/campaigns/${campaignId}/leaderboard`)).body).toEqual({ data: expected, next_cursor: null, has_more: false });
    const first = (await call('GET', `/v1/campaigns/${campaignId}/leaderboard?limit=2`)).body;
    const second = (await call('GET', `/v1/campaigns/${campaignId}/leaderboard?limit=2&cursor=${first.next_cursor}`)).body;
    expect([...first.data, ...second.data]).toEqual(expected);
  });

  test('pages of events join without a gap, and a cursor is good for its own list only', async () => {
    const first = (await call('GET', `/v1/campaigns/${campaignId}/inapp-events?limit=4`)).body;
    expect(await idsOf(`/inapp-events?limit=4&cursor=${first.next_cursor}`)).toEqual(['b', 'a']);
    for (const other of ['/inapp-events?environment=live&', '/awards?', '/leaderboard?']) {
      expect(await call('GET', `/v1/campaigns/${campaignId}${other}cursor=${first.next_cursor}`)).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
    }
  });

  test.each(['limit=0', 'limit=201', 'status=done', 'wallet=0x1', 'environment=prod', 'colour=red', 'cursor=x'])('400 for ?%s', async (query) => {
    expect((await call('GET', `/v1/campaigns/${campaignId}/inapp-events?${query}`)).status).toBe(400);
  });
});
