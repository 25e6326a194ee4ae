import { verifyWebhook } from '@waggle/client';
import { behaviours, callApi, eventually, openWindow, readTestServers, startReceiver, useStack, type Behaviour, type Receiver } from '@waggle/testkit';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

// Commands in, channels out: the services as processes, and a receiver that answers as Telegram and Slack document it.
const stack = useStack();
const TOKEN = '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11';
const SLACK_PATH = '/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX';
const SEND_MESSAGE = `/bot${TOKEN}/sendMessage`;
let receiver: Receiver;
let systemKey: string;
let userNumber = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  receiver.program(SEND_MESSAGE, telegramOk());
  await stack.start('behavior-core', { LOG_LEVEL: 'info', API_LIMIT_PER_MINUTE: '100000', REMINDER_INTERVAL_MS: '50' });
  await Promise.all([
    stack.start('ingress', { LOG_LEVEL: 'info' }),
    stack.start('outbound-dispatcher', { LOG_LEVEL: 'info', API_LIMIT_PER_MINUTE: '100000', ALLOW_INSECURE_ENDPOINTS: 'true', EGRESS_ALLOW_CIDRS: '127.0.0.0/8', DELIVERY_RETRY_DELAYS_MS: '100,100,100' }),
    stack.start('gateway'),
  ]);
  ({ systemKey } = await stack.createWorkspace());
}, 120_000);
afterAll(() => receiver?.stop());

/** Telegram Bot API, "Making requests": a Message in `result`, or an error with its code in the body too. */
const telegramOk = () => behaviours.answer(200, JSON.stringify({ ok: true, result: { message_id: 42, date: 1_774_688_400, chat: { id: 7, type: 'private' }, text: 'x' } }), { 'content-type': 'application/json' });
const telegramError = (code: number, description: string, parameters?: object) =>
  behaviours.answer(code, JSON.stringify({ ok: false, error_code: code, description, ...(parameters && { parameters }) }), { 'content-type': 'application/json' });

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  callApi(method, `${stack.urlOf('gateway')}/v1${path}`, { key: systemKey, body, ...(headers && { headers }) });

/** A new user with a habit. */
async function aUser(given: object = {}) {
  const userId = `usr_${++userNumber}`;
  const { body } = await call('POST', '/activities', { user_id: userId, type: 'habit', name: `Read & <write> ${userNumber}`, ...given });
  const channels = `/users/${userId}/channels`;
  return {
    userId, activityId: String(body.id), name: String(body.name), channels,
    connect: (channel: string, connection: object) => call('PUT', `${channels}/${channel}`, connection),
    stateOf: async (channel: string) => (await call('GET', channels)).body.data.find((one: { channel: string }) => one.channel === channel),
    told: async (channel: string) => (await call('GET', `${channels}/${channel}/messages`)).body.data,
  };
}
type User = Awaited<ReturnType<typeof aUser>>;

const telegram = (chatId: number | string) => ({ kind: 'telegram', bot_token: TOKEN, chat_id: chatId, api_base_url: receiver.url('') });
const slack = (path = SLACK_PATH) => ({ kind: 'slack', webhook_url: receiver.url(path) });
const complete = ({ userId, activityId }: User, given: object = {}) => call('POST', '/webhooks/inbound', { event: 'activity.completed', activity_id: activityId, user_id: userId, timestamp: new Date().toISOString(), ...given });
const reopen = ({ userId, activityId }: User, given: object = {}) => call('POST', '/webhooks/inbound', { event: 'activity.reopened', activity_id: activityId, user_id: userId, timestamp: new Date().toISOString(), ...given });
const textsAt = (path: string, of: { chat_id?: unknown } = {}) => receiver.at(path).map(({ body }) => JSON.parse(body.toString())).filter((body) => of.chat_id === undefined || body.chat_id === of.chat_id).map(({ text }) => text);

test('a change is on every channel in the form of each, but on the one it came from', async () => {
  const user = await aUser();
  expect(await user.connect('telegram', telegram(7))).toMatchObject({ status: 200, body: { channel: 'telegram', kind: 'telegram', state: 'in_sync' } });
  await user.connect('slack', slack());
  const { body: own } = await user.connect('my app', { kind: 'webhook', url: receiver.url('/own') });
  await complete(user, { channel: 'telegram' });
  await reopen(user, { channel: 'slack' });

  await eventually(() => expect(receiver.at('/own')).toHaveLength(2));
  await eventually(() => expect(textsAt(SEND_MESSAGE, { chat_id: 7 })).toEqual([`Open again: ${user.name}`]));
  await eventually(() => expect(textsAt(SLACK_PATH)).toEqual(['Done: Read &amp; &lt;write&gt; 1']));
  const { headers, body: bytes } = receiver.at('/own')[0]!;
  const body = bytes.toString();
  expect(JSON.parse(body)).toEqual({
    id: headers['webhook-id'], user_id: user.userId, channel: 'my app', kind: 'activity', event: 'activity.completed', text: `Done: ${user.name}`, timestamp: expect.any(String),
    activity: { id: user.activityId, type: 'habit', name: user.name },
  });
  expect(headers).toMatchObject({ 'webhook-id': expect.stringMatching(/^msg_/), 'x-buffy-event': 'activity.completed', 'x-buffy-attempt': '1' });
  expect(verifyWebhook(own.secret, body, headers)).toBe(true);
  expect(() => new Webhook(own.secret).verify(body, headers)).not.toThrow();

  await eventually(async () => expect(await user.told('feed')).toMatchObject([
    { kind: 'activity', text: `New: ${user.name}` }, { text: `Done: ${user.name}` }, { text: `Open again: ${user.name}`, attempts: 0, error: null, delivered_at: expect.any(String) },
  ]));
  await eventually(async () => expect((await user.told('slack'))).toMatchObject([{ id: expect.stringMatching(/^msg_/), channel: 'slack', attempts: 1, error: null, delivered_at: expect.any(String) }]));
  expect((await call('GET', user.channels)).body).toMatchObject({
    data: [
      { channel: 'feed', kind: 'feed', state: 'in_sync', pending: 0, last_error: null }, { channel: 'my app', kind: 'webhook', state: 'in_sync' },
      { channel: 'slack', kind: 'slack', state: 'in_sync', last_delivered_at: expect.any(String) }, { channel: 'telegram', kind: 'telegram', state: 'in_sync' },
    ],
    has_more: false,
  });
});

test('backfills are silent, unless telling is asked for', async () => {
  const user = await aUser();
  await user.connect('telegram', telegram(8));
  const at = (day: number, given: object = {}) => ({ event: 'activity.completed', activity_id: user.activityId, user_id: user.userId, timestamp: new Date(Date.now() - day * 86_400_000).toISOString(), ...given });
  await call('POST', '/webhooks/inbound', at(3));
  await call('POST', '/activities/bulk', { operations: [at(0), at(1)] });
  await call('POST', '/activities/bulk', { operations: [at(4)], notify: true });
  await call('POST', '/webhooks/inbound', at(5, { notify: true }));
  await call('POST', `/activities/${user.activityId}/reopen`, {});
  await eventually(() => expect(textsAt(SEND_MESSAGE, { chat_id: 8 })).toEqual([`Done: ${user.name}`, `Done: ${user.name}`, `Open again: ${user.name}`]));
  expect((await user.told('feed')).map(({ text }: { text: string }) => text)).toEqual([`New: ${user.name}`, `Done: ${user.name}`, `Done: ${user.name}`, `Open again: ${user.name}`]);
});

test('a reminder goes to the channel that is chosen, and says so; one that fails is passed over', async () => {
  const user = await aUser({ channels: ['slack', 'telegram'] });
  await user.connect('slack', slack('/refusing'));
  await user.connect('telegram', telegram(9));
  receiver.program('/refusing', behaviours.answer(403, 'action_prohibited'));
  await complete(user, { channel: 'telegram' });
  await eventually(async () => expect(await user.stateOf('slack')).toMatchObject({ state: 'failing', last_error: 'status_403' }));
  await eventually(async () => expect((await stack.db('behavior-core').query("SELECT failing_since FROM channel_connections WHERE user_id = $1 AND channel = 'slack'", [user.userId])).rows[0].failing_since).not.toBeNull());

  // Retried like any failure, and the next has attempts of its own.
  await reopen(user, { channel: 'telegram' });
  await eventually(async () => expect(await user.told('slack')).toMatchObject([{ error: 'status_403', attempts: 4 }, { error: 'status_403', attempts: 4 }]));
  expect(await user.stateOf('slack')).toMatchObject({ state: 'failing', last_error: 'status_403', pending: 0 });
  expect(receiver.at('/refusing')).toHaveLength(8);

  await call('PATCH', `/activities/${user.activityId}`, { schedule: { window: openWindow() } });
  await eventually(() => expect(textsAt(SEND_MESSAGE, { chat_id: 9 })).toContain(`Time for: ${user.name}`));
  expect((await user.told('telegram')).at(-1)).toMatchObject({ kind: 'reminder', channel: 'telegram' });

  // With new credentials it is as good as new.
  await user.connect('slack', slack('/fine'));
  expect(await user.stateOf('slack')).toMatchObject({ state: 'in_sync', last_error: null });
  await complete(user, { channel: 'telegram' });
  await eventually(() => expect(textsAt('/fine').at(-1)).toMatch(/^Done: /));
});

test('an answer of Telegram that is longer than what an attempt keeps of it is read all the same', async () => {
  const user = await aUser();
  await user.connect('telegram', { ...telegram(14), bot_token: '14:long' });
  receiver.program('/bot14:long/sendMessage', behaviours.answer(200, JSON.stringify({ ok: false, result: { text: '🌅'.repeat(1_500) } })), behaviours.answer(200, JSON.stringify({ ok: true, result: { text: '🌅'.repeat(1_500) } })));
  await complete(user);
  // The first one says no behind the first 4 KB too.
  await eventually(async () => expect(await user.told('telegram')).toMatchObject([{ attempts: 2, error: null, delivered_at: expect.any(String) }]));
  expect(receiver.at('/bot14:long/sendMessage')).toHaveLength(2);
});

test('one that fails holds back the next of its channel until its last attempt, and nobody else', async () => {
  const user = await aUser();
  await user.connect('telegram', telegram(10));
  await user.connect('broken', { kind: 'webhook', url: receiver.url('/broken') });
  await user.connect('hanging', { kind: 'webhook', url: receiver.url('/hanging') });
  receiver.program('/broken', ...[500, 500, 500, 500].map((status) => behaviours.answer(status)), behaviours.answer(200));
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/hanging', (response) => void gate.then(() => response.destroy()));
  await complete(user);
  await reopen(user);
  await eventually(() => expect(textsAt(SEND_MESSAGE, { chat_id: 10 })).toHaveLength(2));
  // By then the first of the channel that hangs is not over.
  expect(await user.told('hanging')).toMatchObject([{ delivered_at: null }, { attempts: 0, delivered_at: null }]);
  open();
  await eventually(async () => expect(await user.told('broken')).toMatchObject([{ attempts: 4, error: 'status_500', delivered_at: null }, { attempts: 1, error: null, delivered_at: expect.any(String) }]));
  expect(receiver.at('/broken').map(({ body }) => JSON.parse(body.toString()).event)).toEqual([...Array.from({ length: 4 }, () => 'activity.completed'), 'activity.reopened']);
  expect(await user.stateOf('broken')).toMatchObject({ state: 'in_sync' });
  await eventually(async () => expect(await user.stateOf('hanging')).toMatchObject({ state: 'failing', last_error: 'connection_closed' }));
  await user.connect('hanging', { kind: 'feed' });
});

test('a channel that is connected anew gets at once what waited for it, and nothing goes to where it was before', async () => {
  const user = await aUser();
  await user.connect('own', { kind: 'webhook', url: receiver.url('/busy') });
  receiver.program('/busy', behaviours.answer(429, '', { 'retry-after': '600' }));
  await complete(user);
  await eventually(async () => expect(await user.told('own')).toMatchObject([{ attempts: 1, delivered_at: null }]));
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/moved', (response) => void gate.then(() => response.writeHead(200).end()));
  await user.connect('own', { kind: 'webhook', url: receiver.url('/moved') });
  await eventually(() => expect(receiver.at('/moved')).toHaveLength(1));
  expect(await user.stateOf('own')).toMatchObject({ state: 'in_sync', pending: 1 });
  open();
  await reopen(user);
  await eventually(() => expect(receiver.at('/moved')).toHaveLength(2));
  // What is remembered of a connection is no older than its last change.
  await user.connect('own', { kind: 'webhook', url: receiver.url('/moved-again') });
  await complete(user);
  await eventually(() => expect(receiver.at('/moved-again')).toHaveLength(1));
  expect([receiver.at('/busy').length, receiver.at('/moved').length]).toEqual([1, 2]);
});

test('Telegram says in the body how long to wait, and is waited for', async () => {
  const user = await aUser();
  await user.connect('telegram', { kind: 'telegram', bot_token: 'a-token:of_mine', chat_id: 'café, 2nd floor', api_base_url: receiver.url('/limited') });
  const path = '/limited/bota-token:of_mine/sendMessage';
  const askedAt: number[] = [];
  const noted = (behaviour: Behaviour): Behaviour => (...exchange) => { askedAt.push(Date.now()); behaviour(...exchange); };
  receiver.program(path, noted(telegramError(429, 'Too Many Requests: retry after 2', { retry_after: 2 })), noted(telegramOk()));
  await complete(user);
  await eventually(() => expect(askedAt).toHaveLength(2));
  expect(askedAt[1]! - askedAt[0]!).toBeGreaterThan(1_900);
  await eventually(async () => expect(await user.told('telegram')).toMatchObject([{ attempts: 2, error: null }]));
  expect(JSON.parse(receiver.at(path)[0]!.body.toString())).toEqual({ chat_id: 'café, 2nd floor', text: `Done: ${user.name}` });
});

test('a disconnected channel is told no more, and bad connections are refused with what is wrong', async () => {
  const user = await aUser();
  await user.connect('telegram', telegram(11));
  expect((await call('DELETE', `${user.channels}/telegram`)).status).toBe(204);
  expect((await call('DELETE', `${user.channels}/telegram`)).status).toBe(404);
  await complete(user);
  await eventually(async () => expect(await user.told('feed')).toHaveLength(2));
  expect(textsAt(SEND_MESSAGE, { chat_id: 11 })).toEqual([]);
  const refused: [channel: string, body: object, code: string, path: string][] = [
    ['telegram', { ...telegram(1), bot_token: 'no token' }, 'validation_failed', 'bot_token'],
    ['telegram', { ...telegram(1), chat_id: '' }, 'validation_failed', 'chat_id'],
    ['telegram', { ...telegram(1), api_base_url: 'http://10.0.0.1' }, 'url_not_allowed', 'api_base_url'],
    ['slack', { kind: 'slack', webhook_url: 'ftp://hooks.slack.com/x' }, 'url_not_allowed', 'webhook_url'],
    ['hook', { kind: 'webhook', url: 'http://169.254.169.254/latest' }, 'url_not_allowed', 'url'],
    ['hook', { kind: 'webhook', url: 'https://x.example', secret: 'mine' }, 'validation_failed', 'secret'],
    ['hook', { kind: 'sms' }, 'validation_failed', 'kind'],
    ['feed', telegram(1), 'validation_failed', 'kind'],
    ['x'.repeat(201), { kind: 'feed' }, 'validation_failed', 'channel'],
  ];
  for (const [channel, body, code, path] of refused) expect(await user.connect(channel, body)).toMatchObject({ status: 400, body: { code, errors: expect.arrayContaining([expect.objectContaining({ path })]) } });
  expect(await call('DELETE', `${user.channels}/feed`)).toMatchObject({ status: 400 });
  expect(await call('PUT', '/users/usr_nobody/channels/telegram', telegram(1))).toMatchObject({ status: 404 });
  expect(await call('GET', '/users/usr_nobody/channels')).toMatchObject({ status: 404 });
});

test('tokens, secrets and addresses of channels stand in no log, no list, no event and no table in the clear', async () => {
  const user = await aUser();
  await user.connect('telegram', telegram(12));
  const { body: { secret } } = await user.connect('own', { kind: 'webhook', url: receiver.url('/hidden-path') });
  await user.connect('slack', slack());
  await complete(user);
  await eventually(() => expect(textsAt(SEND_MESSAGE, { chat_id: 12 })).toHaveLength(1));
  const words = [TOKEN, secret, '/hidden-path', SLACK_PATH];
  const { logs } = readTestServers();
  const texts = readdirSync(logs).filter((name) => name.endsWith('.log')).map((name) => readFileSync(join(logs, name), 'utf8'));
  expect(texts.join('')).toContain('channel attempt');
  const shown = JSON.stringify([(await call('GET', user.channels)).body, await user.told('telegram'), await user.told('own'), (await call('GET', '/audit-log')).body]);
  for (const word of words) {
    expect(texts.some((text) => text.includes(word))).toBe(false);
    expect(shown).not.toContain(word);
  }
  for (const owner of ['behavior-core', 'outbound-dispatcher'] as const) {
    const { rows } = await stack.db(owner).query("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'");
    for (const { name } of rows) {
      const found = await stack.db(owner).query(`SELECT 1 FROM "${name}" t WHERE EXISTS (SELECT FROM unnest($1::text[]) w WHERE to_jsonb(t)::text LIKE '%' || w || '%') LIMIT 1`, [words]);
      expect([name, found.rows]).toEqual([name, []]);
    }
  }
});

test('an erased user has no channels, no messages and no reminders left', async () => {
  const user = await aUser();
  await user.connect('telegram', telegram(13));
  await complete(user);
  await eventually(async () => expect((await user.told('telegram'))[0]).toMatchObject({ delivered_at: expect.any(String) }));
  await call('DELETE', `/users/${user.userId}`);
  await eventually(async () => {
    for (const owner of ['behavior-core', 'outbound-dispatcher'] as const) {
      for (const table of owner === 'behavior-core' ? ['channel_connections', 'reminders'] : ['channel_messages', 'channel_queues']) {
        expect((await stack.db(owner).query(`SELECT 1 FROM ${table} WHERE user_id = $1`, [user.userId])).rows).toEqual([]);
      }
    }
  });
});
