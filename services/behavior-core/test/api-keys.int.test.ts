import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createCoreDirectory, hashApiKey } from '@waggle/http';
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
  for (const id of ['usr_1', 'usr_2']) await call('PUT', `/v1/users/${id}/settings`, { body: {} });
  keys.user = (await aKey('usr_1')).api_key;
});

async function call(method: string, path: string, { body, key = keys.system }: { body?: unknown; key?: string } = {}) {
  const answer = await callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key, body });
  return { status: answer.status, body: answer.body };
}
const aKey = async (userId: string, fields: object = {}) => (await call('POST', `/v1/users/${userId}/api-keys`, { body: { label: 'phone', ...fields } })).body;
const idsIn = async (path: string, key = keys.system) => (await call('GET', path, { key })).body.data.map(({ id }: { id: string }) => id);
const statusWith = async (key: string) => (await call('GET', '/v1/auth/me', { key })).status;
const soon = () => new Date(Date.now() + 4_000).toISOString();
const time = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/);

test('a key is shown once, and says who it is', async () => {
  const { status, body } = await call('POST', '/v1/users/usr_1/api-keys', { body: { label: 'phone' } });
  const { api_key, ...rest } = body;
  expect({ status, rest }).toEqual({
    status: 201,
    rest: { id: expect.stringMatching(/^key_/), type: 'user', label: 'phone', key_prefix: api_key.slice(0, 12), user_id: 'usr_1', created_at: time, expires_at: null, last_used_at: null },
  });
  expect((await call('GET', '/v1/users/usr_1/api-keys?limit=200')).body.data).toContainEqual(rest);
  expect(await call('GET', '/v1/auth/me', { key: api_key })).toEqual({
    status: 200,
    body: { key_id: rest.id, type: 'user', label: 'phone', workspace_id: workspaceId, user_id: 'usr_1', key_prefix: rest.key_prefix, expires_at: null, portal_session: false },
  });
  const { rows } = await stack.db('behavior-core').query('SELECT to_json(k)::text AS text FROM api_keys k WHERE id = $1', [rest.id]);
  expect(rows[0].text).not.toContain(api_key);
});

test('system keys are made by system keys, with the workspace\'s path or a user\'s, and listed apart', async () => {
  const made = (await call('POST', '/v1/api-keys', { body: { label: 'server' } })).body;
  expect(made).toMatchObject({ type: 'system', label: 'server', user_id: null });
  expect(await call('GET', '/v1/auth/me', { key: made.api_key })).toMatchObject({ status: 200, body: { type: 'system', user_id: null } });
  const other = await aKey('usr_1', { type: 'system' });
  expect(other).toMatchObject({ type: 'system', user_id: null });
  const listed = await idsIn('/v1/api-keys?limit=200');
  expect(listed).toEqual(expect.arrayContaining([made.id, other.id]));
  expect(await idsIn('/v1/users/usr_1/api-keys?limit=200')).not.toContain(other.id);
  expect(await idsIn('/v1/api-keys', keys.foreign)).not.toContain(made.id);
});

test('a user key handles its owner\'s user keys, and no others', async () => {
  const made = await call('POST', '/v1/users/usr_1/api-keys', { key: keys.user, body: { label: 'tablet' } });
  expect(made).toMatchObject({ status: 201, body: { type: 'user', user_id: 'usr_1' } });
  expect(await idsIn('/v1/users/usr_1/api-keys?limit=200', keys.user)).toContain(made.body.id);
  const others = await aKey('usr_2');
  const system = (await call('POST', '/v1/api-keys', { body: { label: 'server' } })).body;
  const as = (method: string, path: string, body?: unknown) => call(method, path, { key: keys.user, body });
  expect(await as('POST', '/v1/users/usr_1/api-keys', { label: 'x', type: 'system' })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect((await as('POST', '/v1/users/usr_2/api-keys', { label: 'x' })).status).toBe(403);
  expect((await as('GET', '/v1/users/usr_2/api-keys')).status).toBe(403);
  expect((await as('GET', '/v1/api-keys')).status).toBe(403);
  expect((await as('POST', '/v1/api-keys', { label: 'x' })).status).toBe(403);
  for (const id of [others.id, system.id, 'key_unknown']) expect(await as('DELETE', `/v1/api-keys/${id}`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect((await as('DELETE', `/v1/api-keys/${made.body.id}`)).status).toBe(204);
});

test('a revoked key stops at once here, leaves the list, and is revoked once', async () => {
  const { id, api_key } = await aKey('usr_1');
  expect((await call('DELETE', `/v1/api-keys/${id}`, { key: keys.foreign })).status).toBe(404);
  expect(await statusWith(api_key)).toBe(200);
  expect(await call('DELETE', `/v1/api-keys/${id}`)).toEqual({ status: 204, body: undefined });
  expect(await statusWith(api_key)).toBe(401);
  expect(await idsIn('/v1/users/usr_1/api-keys?limit=200')).not.toContain(id);
  expect(await call('DELETE', `/v1/api-keys/${id}`)).toMatchObject({ status: 409, body: { code: 'already_revoked' } });
});

test('of two revocations at once one succeeds', async () => {
  const { id } = await aKey('usr_1');
  const answers = await Promise.all([call('DELETE', `/v1/api-keys/${id}`), call('DELETE', `/v1/api-keys/${id}`)]);
  expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([204, 409]);
});

describe('a key that expires', () => {
  test('works until then and not after, here and where its answer is remembered', async () => {
    expect((await aKey('usr_1', { expires_at: '2099-01-01T00:00:00+23:59' })).expires_at).toBe('2098-12-31T00:01:00Z');
    const expires_at = soon();
    const { api_key, expires_at: shown } = await aKey('usr_1', { expires_at });
    expect(Date.parse(shown)).toBe(Date.parse(expires_at));
    const urls = [internalUrl()];
    const directory = createCoreDirectory({ urls, token: String(stack.env['INTERNAL_TOKEN']), timeoutMs: 15_000 });
    expect(await directory.findKey(hashApiKey(api_key))).toMatchObject({ userId: 'usr_1' });
    expect(await statusWith(api_key)).toBe(200);
    await eventually(async () => expect(await statusWith(api_key)).toBe(401));
    // It has nobody to ask any more, and would go by what it remembers.
    urls.length = 0;
    expect(await directory.findKey(hashApiKey(api_key))).toBeNull();
  });

  test.each(['2020-01-01T00:00:00Z', 'tomorrow', '2099-01-01T00:00:00', '9999-12-31T23:59:59-01:00', 12])('400 for expires_at %j', async (expires_at) => {
    for (const path of ['/v1/users/usr_1/api-keys', '/v1/api-keys']) {
      expect(await call('POST', path, { body: { label: 'x', expires_at } })).toMatchObject({ status: 400, body: { errors: [{ path: 'expires_at' }] } });
    }
  });
});

test.each([
  { description: 'no label', body: {}, field: 'label' },
  { description: 'an empty label', body: { label: '' }, field: 'label' },
  { description: 'a label of 201 characters', body: { label: 'x'.repeat(201) }, field: 'label' },
  { description: 'a type that is none', body: { label: 'x', type: 'admin' }, field: 'type' },
  { description: 'a field that is not known', body: { label: 'x', scope: 'all' }, field: 'scope' },
])('400 for $description', async ({ body, field }) => {
  for (const path of ['/v1/users/usr_1/api-keys', '/v1/api-keys']) {
    expect(await call('POST', path, { body })).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path: field }] } });
  }
});

test('404 for a user who is not there', async () => {
  for (const body of [{ label: 'x' }, { label: 'x', type: 'system' }]) expect((await call('POST', '/v1/users/nobody/api-keys', { body })).status).toBe(404);
  expect((await call('GET', '/v1/users/nobody/api-keys')).status).toBe(404);
});

test('the last use is written, of keys that come to other services too', async () => {
  const [here, elsewhere, unused] = [await aKey('usr_2'), await aKey('usr_2'), await aKey('usr_2')];
  await statusWith(here.api_key);
  await introspect(elsewhere.api_key);
  const lastUses = async () => new Map((await call('GET', '/v1/users/usr_2/api-keys?limit=200')).body.data.map((key: { id: string; last_used_at: string | null }) => [key.id, key.last_used_at]));
  await eventually(async () => {
    const uses = await lastUses();
    expect([uses.get(here.id), uses.get(elsewhere.id)]).toEqual([time, time]);
    expect(uses.get(unused.id)).toBeNull();
  });
});

function internalUrl() {
  return `http://127.0.0.1:${stack.envOf('behavior-core')['INTERNAL_PORT']}`;
}

async function introspect(apiKey: string) {
  const headers = { 'content-type': 'application/json', 'x-internal-token': String(stack.env['INTERNAL_TOKEN']) };
  const response = await fetch(`${internalUrl()}/internal/introspect-key`, { method: 'POST', headers, body: JSON.stringify({ sha256: hashApiKey(apiKey) }) });
  return response.json();
}

describe('a portal session', () => {
  const aLink = async (body: object = {}, key = keys.system) => (await call('POST', '/v1/portal-sessions', { key, body })).body;
  const exchange = (code: unknown, headers: Record<string, string> = {}) => callApi('POST', `${stack.urlOf('behavior-core')}/v1/portal-sessions/exchange`, { body: { code }, headers });
  const codeIn = ({ url }: { url: string }) => url.split('#code=')[1]!;
  const aToken = async (body: object = {}, key = keys.system) => (await exchange(codeIn(await aLink(body, key)))).body;

  test('begins with a code that is good once and for a minute, and kept nowhere', async () => {
    const link = await aLink({ user_id: 'usr_1' });
    expect(link).toEqual({ url: expect.stringMatching(/^http:\/\/localhost:8080\/portal\/#code=[\w-]{43}$/), expires_at: time });
    expect(Date.parse(link.expires_at) - Date.now()).toBeGreaterThan(55_000);
    expect(Date.parse(link.expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
    const { status, body, headers } = await exchange(codeIn(link));
    expect({ status, body }).toEqual({ status: 200, body: { token: expect.stringMatching(/^wgl_/), expires_at: time, user_id: 'usr_1' } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(Math.abs(Date.parse(body.expires_at) - Date.now() - 3_600_000)).toBeLessThan(10_000);
    const { rows } = await stack.db('behavior-core').query("SELECT string_agg(to_json(s)::text, '') AS text FROM portal_sessions s");
    for (const secret of [codeIn(link), body.token]) expect(rows[0].text).not.toContain(secret);
    for (const code of [codeIn(link), 'unheard-of']) expect(await exchange(code)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  test('of many who come with one code at once one gets in', async () => {
    const code = codeIn(await aLink());
    const answers = await Promise.all(Array.from({ length: 5 }, () => exchange(code)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 401, 401, 401, 401]);
  });

  test('does not begin with a code that is too old', async () => {
    const code = codeIn(await aLink());
    await stack.db('behavior-core').query("UPDATE portal_sessions SET expires_at = now() - interval '1 millisecond' WHERE code_sha256 = $1", [hashApiKey(code)]);
    expect((await exchange(code)).status).toBe(401);
  });

  test('has the scope of its key, or of one user', async () => {
    const [whole, one, own] = [await aToken(), await aToken({ user_id: 'usr_2' }), await aToken({}, keys.user)];
    expect([whole.user_id, one.user_id, own.user_id]).toEqual([null, 'usr_2', 'usr_1']);
    expect((await call('GET', '/v1/users', { key: whole.token })).status).toBe(200);
    expect((await call('GET', '/v1/users', { key: one.token })).status).toBe(403);
    expect((await call('GET', '/v1/users/usr_1', { key: one.token })).status).toBe(403);
    expect((await call('GET', '/v1/users/usr_2', { key: one.token })).status).toBe(200);
    expect(await call('GET', '/v1/auth/me', { key: one.token })).toEqual({
      status: 200,
      body: { key_id: expect.stringMatching(/^pss_/), type: 'user', label: 'Portal session', workspace_id: workspaceId, user_id: 'usr_2', key_prefix: one.token.slice(0, 12), expires_at: one.expires_at, portal_session: true },
    });
    expect(await call('POST', '/v1/portal-sessions', { key: keys.user, body: { user_id: 'usr_2' } })).toMatchObject({ status: 403 });
    expect(await call('POST', '/v1/portal-sessions', { body: { user_id: 'nobody' } })).toMatchObject({ status: 404 });
    expect(await call('POST', '/v1/portal-sessions', { body: { scope: 'all' } })).toMatchObject({ status: 400, body: { errors: [{ path: 'scope' }] } });
  });

  test('makes no keys and no sessions', async () => {
    const { token } = await aToken();
    const campaign = (await call('POST', '/v1/campaigns', { key: token, body: { name: 'Winter' } })).body;
    for (const path of ['/v1/api-keys', '/v1/users/usr_1/api-keys', `/v1/campaigns/${campaign.id}/inapp-keys`]) {
      expect(await call('POST', path, { key: token, body: { label: 'x' } })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expect(await call('POST', '/v1/portal-sessions', { key: token, body: {} })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('is known to other services, until it ends', async () => {
    const { token } = await aToken({ user_id: 'usr_2' });
    expect(await introspect(token)).toEqual({ active: true, key_id: expect.stringMatching(/^pss_/), workspace_id: workspaceId, user_id: 'usr_2', expires_at: time, portal_session: true });
    await stack.db('behavior-core').query("UPDATE portal_sessions SET expires_at = now() WHERE token_sha256 = $1", [hashApiKey(token)]);
    expect(await introspect(token)).toEqual({ active: false });
    expect(await statusWith(token)).toBe(401);
  });

  test('ends with the key that let it in, and so does its code', async () => {
    const { id, api_key } = await aKey('usr_2');
    const [{ token }, unused] = [await aToken({}, api_key), await aLink({}, api_key)];
    expect(await statusWith(token)).toBe(200);
    await call('DELETE', `/v1/api-keys/${id}`);
    expect([await statusWith(token), (await exchange(codeIn(unused))).status]).toEqual([401, 401]);
  });

  test('whose answer was lost is asked for again with the Idempotency-Key, with that alone', async () => {
    const code = codeIn(await aLink());
    const [first, again] = [await exchange(code, { 'idempotency-key': 'mine' }), await exchange(code, { 'idempotency-key': 'mine' })];
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 200, 'true']);
    expect(again.body).toEqual(first.body);
    for (const headers of [{}, { 'idempotency-key': 'another' }]) expect((await exchange(code, headers)).status).toBe(401);
    expect((await exchange(codeIn(await aLink()), { 'idempotency-key': '' })).status).toBe(400);
  });

  test.each([
    ['no code', {}, 400], ['a code that is no text', { code: 1 }, 400], ['another field', { code: 'x', key: 'y' }, 400], ['no JSON', 'code=x', 400],
  ])('%s: refused in words', async (_, body, status) => {
    expect((await callApi('POST', `${stack.urlOf('behavior-core')}/v1/portal-sessions/exchange`, { body })).status).toBe(status);
  });

  test('stands in the audit log, made and begun', async () => {
    const before = (await call('GET', '/v1/audit-log?action=portal_session.exchanged&limit=200')).body.data.length;
    await aToken({ user_id: 'usr_1' });
    const { data } = (await call('GET', '/v1/audit-log?user_id=usr_1')).body;
    expect(data.slice(0, 2)).toMatchObject([
      { action: 'portal_session.exchanged', key_id: data[0].target.id, target: { kind: 'portal_session' } },
      { action: 'portal_session.created', key_id: expect.stringMatching(/^key_/), target: { kind: 'portal_session', id: data[0].target.id } },
    ]);
    expect((await call('GET', '/v1/audit-log?action=portal_session.exchanged&limit=200')).body.data).toHaveLength(before + 1);
    expect((await call('GET', `/v1/audit-log?key_id=${data[0].target.id}`)).body.data).toHaveLength(1);
    const countOf = async (span: string) => (await call('GET', `/v1/audit-log?user_id=usr_1&limit=200&${span}`)).body.data.length;
    const all = await countOf('since=2020-01-01T00:00:00Z');
    for (const [first, last] of [['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00'], ['2020-01-01T00:00:00%2B23:59', '2200-01-01T00:00:00-23:59']])
      expect([await countOf(`since=${first}`), await countOf(`until=${last}`), await countOf(`since=${last}`), await countOf(`until=${first}`)]).toEqual([all, all, 0, 0]);
  });
});

describe("the operator's command", () => {
  async function admin(args: string[], env: NodeJS.ProcessEnv = { DATABASE_URL: stack.databaseUrl('behavior-core') }) {
    const script = join(import.meta.dirname, '../src/admin.ts');
    const run = promisify(execFile)(process.execPath, [script, ...args], { env: { PATH: process.env['PATH'], ...env } });
    const { stdout, stderr, code } = await run.then((done) => ({ ...done, code: 0 }), (failed) => failed);
    return { code, lines: stdout.split('\n').filter((line: string) => line.startsWith('{')).map((line: string) => JSON.parse(line)), stderr };
  }

  test('makes a workspace with a key, another key for it, and lists both', async () => {
    const made = await admin(['create-workspace', '--name', 'Acme']);
    expect(made).toMatchObject({ code: 0, lines: [{ workspace_id: expect.stringMatching(/^ws_/), system_key: expect.stringMatching(/^wgl_/), key_id: expect.stringMatching(/^key_/) }] });
    const { workspace_id, system_key } = made.lines[0];
    const second = await admin(['create-key', '--workspace', workspace_id, '--label', 'for the lost one']);
    expect(second).toMatchObject({ code: 0, lines: [{ workspace_id }] });
    for (const key of [system_key, second.lines[0].system_key]) {
      expect(await call('GET', '/v1/auth/me', { key })).toMatchObject({ status: 200, body: { type: 'system', workspace_id } });
    }
    const link = await admin(['create-portal-session', '--workspace', workspace_id]);
    expect(link.lines).toEqual([{ workspace_id, user_id: null, url: expect.stringContaining('/portal/#code='), expires_at: time }]);
    const code = link.lines[0].url.split('#code=')[1];
    expect((await call('POST', '/v1/portal-sessions/exchange', { body: { code } })).status).toBe(200);
    expect((await admin(['list-workspaces'])).lines).toContainEqual({ workspace_id, name: 'Acme', created_at: time, system_keys: 2 });
    expect((await admin(['audit-log', '--workspace', workspace_id])).lines.map(({ action }: { action: string }) => action)).toEqual([
      'portal_session.exchanged', 'portal_session.created', 'api_key.created', 'api_key.created', 'workspace.created',
    ]);
  }, 60_000);

  test('says what is wrong: 2 for what it does not understand, 1 for what failed', async () => {
    expect(await admin([])).toMatchObject({ code: 2, lines: [], stderr: expect.stringContaining('usage: admin') });
    expect(await admin(['create-workspace', '--colour', 'red'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--colour') });
    expect(await admin(['list-workspaces'], {})).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_URL is not set') });
    expect(await admin(['create-portal-session', '--workspace', workspaceId, '--user', 'nobody'])).toMatchObject({ code: 1, stderr: 'There is no user nobody\n' });
    expect(await admin(['create-key', '--workspace', 'ws_unknown'])).toMatchObject({ code: 1, lines: [], stderr: 'There is no workspace ws_unknown\n' });
    expect(await admin(['list-workspaces'], { DATABASE_URL: 'postgres://127.0.0.1:1/none' })).toMatchObject({ code: 1, lines: [] });
    expect((await admin(['--help'])).code).toBe(0);
  }, 60_000);
});
