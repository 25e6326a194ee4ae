import { auditEntry, channelStateChange, newId } from '@waggle/contracts';
import { toRecord } from '@waggle/kafka';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

const stack = useStack();
const keys = { system: '', user: '', foreign: '' };
let workspaceId = '';

beforeAll(async () => {
  await stack.run(createApp(loadConfig(stack.envOf('behavior-core', { API_LIMIT_PER_MINUTE: '10000' }))).components);
  const own = await stack.createWorkspace();
  workspaceId = own.workspaceId;
  keys.system = own.systemKey;
  keys.foreign = (await stack.createWorkspace()).systemKey;
  await call('PUT', '/v1/users/usr_1/settings', { body: {} });
  keys.user = (await call('POST', '/v1/users/usr_1/api-keys', { body: { label: 'phone' } })).body.api_key;
});

/** Status and body: what these tests compare. */
async function call(method: string, path: string, { body, key = keys.system }: { body?: unknown; key?: string } = {}) {
  const answer = await callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key, body });
  return { status: answer.status, body: answer.body };
}

const defaults = { name: null, language: null, timezone: 'UTC', preferred_reminder_hour: 9, preferred_channels: '', morning_person: null, night_owl: null };
const time = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/);

describe('settings', () => {
  test('a system key brings the user along; what is given is merged into what was', async () => {
    const path = '/v1/users/ada@example.org/settings';
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await call('PUT', path, { body: {} })).toEqual({ status: 200, body: { user_id: 'ada@example.org', ...defaults, updated_at: time } });
    await call('PUT', path, { body: { name: 'Ada', timezone: 'Europe/Berlin', preferred_channels: 'telegram, slack' } });
    const changed = await call('PUT', path, { body: { preferred_reminder_hour: 0, morning_person: true, name: null } });
    const expected = { ...defaults, timezone: 'Europe/Berlin', preferred_channels: 'telegram,slack', preferred_reminder_hour: 0, morning_person: true };
    expect(changed).toEqual({ status: 200, body: { user_id: 'ada@example.org', ...expected, updated_at: time } });
    expect(await call('GET', path)).toEqual(changed);
  });

  test('a user key reads and changes those of its owner, and nobody else\'s', async () => {
    expect(await call('PUT', '/v1/users/usr_1/settings', { key: keys.user, body: { language: 'de' } })).toMatchObject({ status: 200, body: { language: 'de' } });
    expect(await call('GET', '/v1/users/usr_1/settings', { key: keys.user })).toMatchObject({ status: 200, body: { language: 'de' } });
    for (const [method, body] of [['GET', undefined], ['PUT', {}]] as const) {
      expect(await call(method, '/v1/users/usr_2/settings', { key: keys.user, body })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expect(await call('GET', '/v1/users/usr_1/settings', { key: keys.foreign })).toMatchObject({ status: 404 });
  });

  test('another zone makes the sweeper look at once, and only another zone', async () => {
    const sweepAt = async () => (await stack.db('behavior-core').query("SELECT sweep_at FROM users WHERE workspace_id = $1 AND id = 'usr_sweep'", [workspaceId])).rows[0].sweep_at;
    await call('PUT', '/v1/users/usr_sweep/settings', { body: { timezone: 'Asia/Tokyo' } });
    await stack.db('behavior-core').query("UPDATE users SET sweep_at = '2999-01-01' WHERE id = 'usr_sweep'");
    await call('PUT', '/v1/users/usr_sweep/settings', { body: { timezone: 'Asia/Tokyo', name: 'Ken' } });
    expect((await sweepAt()).getUTCFullYear()).toBe(2999);
    await call('PUT', '/v1/users/usr_sweep/settings', { body: { timezone: 'America/New_York' } });
    expect((await sweepAt())?.getUTCFullYear()).not.toBe(2999);
  });

  test.each([
    { description: 'an unknown zone', body: { timezone: 'Mars/Olympus' }, field: 'timezone' },
    { description: 'an offset for a zone', body: { timezone: '+02:00' }, field: 'timezone' },
    { description: 'hour 24', body: { preferred_reminder_hour: 24 }, field: 'preferred_reminder_hour' },
    { description: 'channels as a list', body: { preferred_channels: ['telegram'] }, field: 'preferred_channels' },
    { description: 'a field that is not known', body: { tz: 'UTC' }, field: 'tz' },
    { description: 'a name with U+0000', body: { name: 'a\u0000' }, field: 'name' },
  ])('400 for $description, and nothing is changed', async ({ body, field }) => {
    const before = await call('GET', '/v1/users/usr_1/settings');
    expect(await call('PUT', '/v1/users/usr_1/settings', { body: { morning_person: true, ...body } })).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path: field }] } });
    expect(await call('GET', '/v1/users/usr_1/settings')).toEqual(before);
  });

  test.each(['a%20b', 'a%00b', 'x'.repeat(65), '%F0%9F%90%9D'])('%s can be nobody\'s id', async (id) => {
    expect(await call('PUT', `/v1/users/${id}/settings`, { body: {} })).toMatchObject({ status: 400, body: { errors: [{ path: 'id' }] } });
    expect(await call('GET', `/v1/users/${id}/settings`)).toMatchObject({ status: 404 });
    expect(await call('GET', `/v1/users/${id}`)).toMatchObject({ status: 404 });
    expect(await call('DELETE', `/v1/users/${id}`)).toMatchObject({ status: 404 });
  });

  test('a body that is no object is refused', async () => {
    for (const body of ['[]', '"x"', 'null']) expect((await call('PUT', '/v1/users/usr_1/settings', { body })).status).toBe(400);
    expect((await call('GET', '/v1/users/usr_1/settings?colour=red')).status).toBe(400);
  });
});

describe('users', () => {
  test('are listed by id, page by page, without another workspace\'s', async () => {
    const ids = ['u-1', 'u-2', 'u-3', 'u-4', 'u-5'];
    const { systemKey } = await stack.createWorkspace();
    for (const id of ids) await call('PUT', `/v1/users/${id}/settings`, { key: systemKey, body: {} });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call('GET', `/v1/users?limit=2${cursor}`, { key: systemKey });
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(ids);
  });

  test('one is read with settings and times', async () => {
    const expected = { id: 'usr_read', ...defaults, timezone: 'Europe/Paris', created_at: time, updated_at: time };
    await call('PUT', '/v1/users/usr_read/settings', { body: { timezone: 'Europe/Paris' } });
    expect(await call('GET', '/v1/users/usr_read')).toEqual({ status: 200, body: expected });
    expect((await call('GET', '/v1/users?limit=200')).body.data).toContainEqual(expected);
  });

  test('a user key reads its owner alone, and lists nobody', async () => {
    expect(await call('GET', '/v1/users/usr_1', { key: keys.user })).toMatchObject({ status: 200, body: { id: 'usr_1' } });
    expect((await call('GET', '/v1/users/usr_2', { key: keys.user })).status).toBe(403);
    expect((await call('GET', '/v1/users', { key: keys.user })).status).toBe(403);
    expect((await call('GET', '/v1/users/usr_1', { key: keys.foreign })).status).toBe(404);
  });

  test.each(['limit=0', 'limit=201', 'cursor=x', 'colour=red'])('400 for ?%s', async (query) => {
    expect((await call('GET', `/v1/users?${query}`)).status).toBe(400);
  });
});

describe('templates', () => {
  const activities = [{ type: 'habit', name: 'Drink water' }, { type: 'task', name: 'Set up' }];

  test('are made, read, replaced and deleted', async () => {
    const made = await call('POST', '/v1/activity-templates', { body: { name: 'morning/start', description: 'For early birds', activities } });
    expect(made).toMatchObject({ status: 201, body: { name: 'morning/start', description: 'For early birds', activities, created_at: time, updated_at: time } });
    const path = `/v1/activity-templates/${encodeURIComponent('morning/start')}`;
    expect(await call('GET', path)).toEqual({ status: 200, body: made.body });
    expect((await call('GET', '/v1/activity-templates', { key: keys.user })).body.data).toContainEqual(made.body);

    const replaced = await call('PUT', path, { body: { name: 'morning/start', activities: [activities[1]] } });
    expect(replaced).toMatchObject({ status: 200, body: { description: null, activities: [activities[1]], created_at: made.body.created_at } });
    expect(await call('GET', path, { key: keys.user })).toEqual(replaced);
    expect(await call('DELETE', path)).toEqual({ status: 204, body: undefined });
    for (const method of ['GET', 'DELETE']) expect((await call(method, path)).status).toBe(404);
    expect((await call('PUT', path, { body: { activities } })).status).toBe(404);
  });

  test('of the longest names are read page by page', async () => {
    const names = ['\u0001', '🌅'].map((character) => character.repeat(200));
    for (const name of names) expect((await call('POST', '/v1/activity-templates', { key: keys.foreign, body: { name, activities } })).status).toBe(201);
    const { body: first } = await call('GET', '/v1/activity-templates?limit=1', { key: keys.foreign });
    expect(await call('GET', `/v1/activity-templates?limit=1&cursor=${first.next_cursor}`, { key: keys.foreign })).toMatchObject({ status: 200, body: { data: [{ name: names.find((name) => name !== first.data[0].name) }] } });
    for (const name of names) expect((await call('DELETE', `/v1/activity-templates/${encodeURIComponent(name)}`, { key: keys.foreign })).status).toBe(204);
  });

  test('409 for a name that is taken, and not in another workspace', async () => {
    const body = { name: 'taken', activities };
    expect((await call('POST', '/v1/activity-templates', { body })).status).toBe(201);
    expect(await call('POST', '/v1/activity-templates', { body })).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    expect((await call('POST', '/v1/activity-templates', { key: keys.foreign, body })).status).toBe(201);
  });

  test('a user key reads them and writes none', async () => {
    for (const [method, path] of [['POST', ''], ['PUT', '/taken'], ['DELETE', '/taken']] as const) {
      const body = method === 'DELETE' ? {} : { body: { name: 'taken', activities } };
      expect(await call(method, `/v1/activity-templates${path}`, { key: keys.user, ...body })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
  });

  test.each([
    { description: 'no name', body: { activities }, field: 'name' },
    { description: 'no activities', body: { name: 'n', activities: [] }, field: 'activities' },
    { description: 'an activity of no type', body: { name: 'n', activities: [{ name: 'x' }] }, field: 'activities.0.type' },
    { description: 'an activity with an id, which only one can have', body: { name: 'n', activities: [{ type: 'habit', name: 'x', id: 'act_1' }] }, field: 'activities.0.id' },
    { description: 'an activity of one user', body: { name: 'n', activities: [{ type: 'habit', name: 'x', user_id: 'usr_1' }] }, field: 'activities.0.user_id' },
    { description: 'an activity with an unknown field', body: { name: 'n', activities: [{ type: 'habit', name: 'x', colour: 'red' }] }, field: 'activities.0.colour' },
    { description: 'a field that is not known', body: { name: 'n', activities, version: 1 }, field: 'version' },
  ])('400 for $description', async ({ body, field }) => {
    expect(await call('POST', '/v1/activity-templates', { body })).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path: field }] } });
  });

  test('400 for a recurrence that is none, where an activity holds one', async () => {
    const bad = { type: 'habit', name: 'x', schedule: { recurrence: 'RRULE:FREQ=SOMETIMES' } };
    const refused = { status: 400, body: { errors: [{ path: 'activities.1.schedule.recurrence' }] } };
    expect(await call('POST', '/v1/activity-templates', { body: { name: 'n', activities: [activities[0], bad] } })).toMatchObject(refused);
    expect(await call('PUT', '/v1/activity-templates/taken', { body: { activities: [activities[0], bad] } })).toMatchObject(refused);
  });

  test('400 for another name in the body than in the path', async () => {
    expect(await call('PUT', '/v1/activity-templates/taken', { body: { name: 'other', activities } })).toMatchObject({ status: 400, body: { errors: [{ path: 'name' }] } });
  });
});

describe('the audit log', () => {
  const entries = async (query = '', key = keys.system) => (await call('GET', `/v1/audit-log${query}`, { key })).body.data;

  test('tells who did what to which thing, when, by which request, newest first', async () => {
    const { systemKey, workspaceId: id } = await stack.createWorkspace();
    const me = (await call('GET', '/v1/auth/me', { key: systemKey })).body.key_id;
    await call('PUT', '/v1/users/usr_a/settings', { key: systemKey, body: {} });
    const made = await callApi('POST', `${stack.urlOf('behavior-core')}/v1/users/usr_a/api-keys`, { key: systemKey, body: { label: 'Anna\'s phone' } });
    await call('POST', '/v1/activity-templates', { key: systemKey, body: { name: 't', activities: [{ type: 'habit', name: 'x' }] } });
    await call('PUT', '/v1/activity-templates/t', { key: systemKey, body: { activities: [{ type: 'habit', name: 'y' }] } });
    await call('DELETE', '/v1/activity-templates/t', { key: systemKey });
    await call('DELETE', `/v1/api-keys/${made.body.id}`, { key: systemKey });

    const log = await entries('', systemKey);
    expect(log.map(({ action, target }: { action: string; target: object }) => ({ action, target }))).toEqual([
      { action: 'api_key.revoked', target: { kind: 'api_key', id: made.body.id } },
      { action: 'template.deleted', target: { kind: 'template', id: 't' } },
      { action: 'template.changed', target: { kind: 'template', id: 't' } },
      { action: 'template.created', target: { kind: 'template', id: 't' } },
      { action: 'api_key.created', target: { kind: 'api_key', id: made.body.id } },
      { action: 'api_key.created', target: { kind: 'api_key', id: me } },
      { action: 'workspace.created', target: { kind: 'workspace', id } },
    ]);
    expect(log[4]).toEqual({
      id: expect.stringMatching(/^aud_/), at: time, action: 'api_key.created', key_id: me, request_id: made.headers.get('x-request-id'), target: { kind: 'api_key', id: made.body.id },
      user_id: 'usr_a', details: { type: 'user', expires_at: null },
    });
    // The operator has no key and makes no request. Labels may name people: none stands here.
    expect(log[6]).toMatchObject({ key_id: null, request_id: null });
    expect(JSON.stringify(log)).not.toContain('Anna');

    expect(await entries('?action=template.deleted', systemKey)).toEqual([log[1]]);
    expect(await entries('?user_id=usr_a', systemKey)).toEqual([log[0], log[4]]);
    expect(await entries(`?key_id=${me}&limit=2`, systemKey)).toEqual([log[0], log[1]]);
    expect(await entries(`?since=${log[0].at}`, systemKey)).toContainEqual(log[0]);
    expect(await entries(`?until=2020-01-01T00:00:00Z`, systemKey)).toEqual([]);
    const first = (await call('GET', '/v1/audit-log?limit=3', { key: systemKey })).body;
    expect([...first.data, ...(await entries(`?limit=200&cursor=${first.next_cursor}`, systemKey))]).toEqual(log);
  });

  test('campaigns are in it, once for a request that is repeated under its Idempotency-Key', async () => {
    const { systemKey } = await stack.createWorkspace();
    const post = async (path: string, body: unknown) => {
      const send = () => callApi('POST', `${stack.urlOf('behavior-core')}${path}`, { key: systemKey, body, headers: { 'idempotency-key': path } });
      await send();
      return (await send()).body;
    };
    const { id } = await post('/v1/campaigns', { name: 'Winter' });
    const task = await post(`/v1/campaigns/${id}/tasks`, { name: 'Buy', points: 1 });
    const mapping = await post(`/v1/campaigns/${id}/mappings`, { event_type: 'bought', task_id: task.id });
    const key = await post(`/v1/campaigns/${id}/inapp-keys`, { label: 'shop' });
    expect((await entries('?limit=4', systemKey)).map(({ action, target }: { action: string; target: object }) => [action, target])).toEqual([
      ['inapp_key.created', { kind: 'inapp_key', id: key.key_id }],
      ['campaign_mapping.created', { kind: 'campaign_mapping', id: mapping.id }],
      ['campaign_task.created', { kind: 'campaign_task', id: task.id }],
      ['campaign.created', { kind: 'campaign', id: String(id) }],
    ]);
  });

  test('another service\'s entry is taken in once, and names no user who is erased', async () => {
    const { systemKey, workspaceId: workspace_id } = await stack.createWorkspace();
    await call('PUT', '/v1/users/usr_b/settings', { key: systemKey, body: {} });
    const entry = (user_id: string | null) => ({
      id: newId('aud'), workspace_id, at: '2026-03-28T08:12:44Z', action: 'endpoint.created' as const, key_id: 'key_1', request_id: 'req_1', target: { kind: 'endpoint' as const, id: 'whe_1' }, user_id,
    });
    const [ofUser, ofWorkspace, ofNobody] = [entry('usr_b'), entry(null), entry('usr_gone')];
    await stack.publish([ofUser, ofUser, ofWorkspace, ofNobody, ofUser].map((one) => toRecord(auditEntry, one)));
    await eventually(async () => expect(await entries('?action=endpoint.created', systemKey)).toHaveLength(3));
    const { workspace_id: _, ...shown } = ofUser;
    expect(await entries('?user_id=usr_b&action=endpoint.created', systemKey)).toEqual([{ ...shown, details: {} }]);
    expect(await entries('?user_id=usr_gone', systemKey)).toMatchObject([{ id: ofNobody.id, user_id: null }]);
  });

  test('what was refused is not in it', async () => {
    const before = await entries();
    await call('POST', '/v1/activity-templates', { body: { name: 'taken', activities: [{ type: 'habit', name: 'x' }] } });
    await call('DELETE', '/v1/activity-templates/unknown');
    await call('POST', '/v1/users/unknown/api-keys', { body: { label: 'x' } });
    expect(await entries()).toEqual(before);
  });

  test('is for system keys, and for those of its workspace', async () => {
    expect((await call('GET', '/v1/audit-log', { key: keys.user })).status).toBe(403);
    expect((await entries('?limit=200', keys.foreign)).every(({ target }: { target: { id: string } }) => target.id !== workspaceId)).toBe(true);
  });

  test('can only be appended to', async () => {
    const db = stack.db('behavior-core');
    await expect(db.query('DELETE FROM audit_log')).rejects.toThrow('append-only');
    await expect(db.query("UPDATE audit_log SET action = 'user.erased'")).rejects.toThrow('append-only');
    await expect(db.query("UPDATE audit_log SET user_id = NULL, target_id = 'another'")).rejects.toThrow('append-only');
    await expect(db.query('UPDATE audit_log SET user_id = \'somebody\'')).rejects.toThrow('append-only');
  });

  test.each(['action=nothing', 'key_id=x', 'user_id=a%20b', 'since=yesterday', 'since=2026-03-28T00:00:01Z&until=2026-03-28T00:00:00Z', 'limit=0', 'colour=red', 'cursor=x'])('400 for ?%s', async (query) => {
    expect((await call('GET', `/v1/audit-log?${query}`)).status).toBe(400);
  });
});

test('of what is told of a channel the newest counts, in whichever order it comes', async () => {
  const userId = 'usr_channel';
  await call('PUT', `/v1/users/${userId}/settings`, { body: {} });
  const id = newId('chn');
  await stack.db('behavior-core').query("INSERT INTO channel_connections VALUES ($1, $2, 'own', $3, 'webhook', 'sealed')", [workspaceId, userId, id]);
  const channels = () => stack.db('behavior-core').query<{ failing_since: Date | null; state_at: Date }>('SELECT failing_since, state_at FROM channel_connections WHERE user_id = $1', [userId]);
  const told = (isFailing: boolean, at: string) => toRecord(channelStateChange, { workspace_id: workspaceId, user_id: userId, channel: 'own', connection_id: id, is_failing: isFailing, at });
  const [failing, well] = [told(true, '2026-03-28T08:00:00.000Z'), told(false, '2026-03-28T08:00:01.000Z')];
  // Who was frozen before it could note that it had published the first publishes it again.
  await stack.publish([failing, well, failing]);
  await eventually(async () => expect((await channels()).rows[0]!.state_at).not.toBeNull());
  expect((await channels()).rows).toEqual([{ failing_since: null, state_at: new Date('2026-03-28T08:00:01.000Z') }]);
});
