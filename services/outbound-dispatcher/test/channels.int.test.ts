import { channelMessage, channelStateChange, newId, type BehaviorEvent } from '@waggle/contracts';
import { toRecord, type KafkaRecord } from '@waggle/kafka';
import { freePort, type ServerProcess } from '@waggle/local-stack';
import { behaviours, callApi, eventually, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createChannelQueue, insertMessages, type Head, type LeasedQueue, type MessageResult } from '../src/adapters/channels/channel-queue.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anEvent, recordOf as recordOfEvent } from './given.ts';

const stack = useStack();
const deadLetters = stack.collect('private.outbound-dispatcher.dead-letter.v1');
const states = stack.collect(channelStateChange.topic);
const db = () => stack.db('outbound-dispatcher');
// Who hangs does so for longer than others have to wait on a slow machine; who is killed holds what is his no longer than a test waits.
const settings = { API_LIMIT_PER_MINUTE: '100000', EGRESS_ALLOW_CIDRS: '127.0.0.0/8', ALLOW_INSECURE_ENDPOINTS: 'true', DELIVERY_RETRY_DELAYS_MS: '100,100,100', DELIVERY_TIMEOUT_MS: '5000', DELIVERY_LEASE_MS: '8000' };
let receiver: Receiver;
let core: ServerProcess;
let workspaceId: string;
let systemKey: string;

beforeAll(async () => {
  receiver = await startReceiver();
  core = await stack.start('behavior-core', { API_LIMIT_PER_MINUTE: '100000' });
  ({ workspaceId, systemKey } = await stack.createWorkspace());
  await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', settings))).components);
}, 60_000);
afterAll(() => receiver.stop());

const put = (path: string, body: object) => callApi('PUT', `${stack.urlOf('behavior-core')}/v1/users/${path}`, { key: systemKey, body });

/** A user with a webhook of its own, by which it is known at the receiver. */
async function aChannel(userId: string, path = `/${userId}`) {
  await put(`${userId}/settings`, {});
  expect(await put(`${userId}/channels/own`, { kind: 'webhook', url: receiver.url(path) })).toMatchObject({ status: 200 });
}
const eventFor = (userId: string, name: string) => anEvent({ workspaceId, userId, name });
function recordOf(event: BehaviorEvent, sequence = 1): KafkaRecord {
  return toRecord(channelMessage, { id: newId('msg'), workspace_id: workspaceId, user_id: event.user_id, channel: 'own', event }, { ce_sequence: String(sequence) });
}
const namesAt = (path: string) => receiver.at(path).map(({ body }) => JSON.parse(body.toString()).activity.name);
const statesToldOf = (userId: string) => states.filter(({ key }) => key === `${workspaceId}:${userId}`).map(({ value }) => JSON.parse(value).is_failing);
const messagesOf = async (userId: string) => (await db().query('SELECT status, attempts, error FROM channel_messages WHERE user_id = $1 ORDER BY position', [userId])).rows;

test('a redelivered record makes no second message, and one that breaks the contract stops nobody', async () => {
  await aChannel('usr_once');
  const record = recordOf(eventFor('usr_once', 'one'));
  await stack.publish([record, record, { ...record, value: '{"id":"msg_broken"}' }]);
  await stack.publish([record, recordOf(eventFor('usr_once', 'fence'))]);
  await eventually(() => expect(namesAt('/usr_once')).toEqual(['one', 'fence']));
  await eventually(() => expect(deadLetters.map(({ value }) => value)).toEqual(['{"id":"msg_broken"}']));
});

test('what comes while somebody is about to let go of the channel is not left lying', async () => {
  await aChannel('usr_late');
  await stack.publish([recordOf(eventFor('usr_late', 'one'))]);
  await eventually(() => expect(namesAt('/usr_late')).toEqual(['one']));
  const queue = createChannelQueue(db(), { owner: 'a test', leaseMs: 60_000 });
  let leased: LeasedQueue[] = [];
  await eventually(async () => {
    await db().query("UPDATE channel_queues SET claimable_at = now() WHERE user_id = 'usr_late' AND lease_owner IS NULL");
    leased = (await queue.claim({ rooms: new Map(), roomOfOthers: 10, roomInAll: 10 })).filter(({ userId }) => userId === 'usr_late');
    expect(leased).toHaveLength(1);
  });
  expect(await queue.findHeads(leased)).toEqual([]);
  await stack.publish([recordOf(eventFor('usr_late', 'two'))]);
  await eventually(async () => expect(await messagesOf('usr_late')).toMatchObject([{ status: 'delivered' }, { status: 'pending' }]));
  await queue.rest(leased);
  await eventually(() => expect(namesAt('/usr_late')).toEqual(['one', 'two']));
});

test('a result that is recorded once more, because its answer was lost, leaves alone what the same process holds by then', async () => {
  const [queue, client] = [createChannelQueue(db(), { owner: 'a test', leaseMs: 60_000 }), await db().connect()];
  const messages = ['one', 'two'].map((name) => ({ workspaceId, id: newId('msg'), userId: 'usr_again', channel: 'own', text: name, event: eventFor('usr_again', name), sequence: 1 }));
  const lease = "UPDATE channel_queues SET lease_owner = 'a test', claimable_at = now() + interval '1 minute' WHERE user_id = 'usr_again'";
  // Leased before anybody else sees it.
  await client.query('BEGIN');
  await insertMessages(client, messages, 'pending');
  await client.query(lease);
  await client.query('COMMIT');
  const ownerNow = async () => (await db().query("SELECT lease_owner FROM channel_queues WHERE user_id = 'usr_again'")).rows[0].lease_owner;
  const head = async () => (await queue.findHeads([{ workspaceId, userId: 'usr_again', channel: 'own' }]))[0]!;
  const resultOf = (of: Head, status: 'delivered' | 'pending'): MessageResult => ({ head: of, status, error: null, isAttempt: true, delayMs: 600_000, connectionId: 'con_1', host: '', isRefused: false });

  // By then it is the same message's next attempt.
  const failed = resultOf(await head(), 'pending');
  await queue.record([failed]);
  expect(await ownerNow()).toBeNull();
  await client.query(lease);
  await queue.record([failed]);
  expect(await ownerNow()).toBe('a test');

  // By then it is the next message, and what has recorded the first commits only while this is asked for.
  const delivered = resultOf(await head(), 'delivered');
  expect(delivered.head).toMatchObject({ id: messages[0]!.id, attempts: 1 });
  await client.query('BEGIN');
  await client.query("UPDATE channel_messages SET status = 'delivered', attempts = 2 WHERE id = $1", [messages[0]!.id]);
  await client.query(lease);
  const recorded = queue.record([delivered]);
  await eventually(async () => expect((await db().query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).rows).not.toEqual([]));
  await client.query('COMMIT');
  await recorded;
  expect(await ownerNow()).toBe('a test');
  expect(await messagesOf('usr_again')).toMatchObject([{ status: 'delivered', attempts: 2 }, { status: 'pending', attempts: 0 }]);
  client.release();
});

test('two instances and a third that is killed tell every channel all of it, in order', async () => {
  const ports = async () => ({ PORT: String(await freePort()), INTERNAL_PORT: String(await freePort()) });
  const stopSecond = await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', { ...settings, ...(await ports()) }))).components);
  const third = await stack.start('outbound-dispatcher', { ...settings, ...(await ports()) });
  const users = Array.from({ length: 30 }, (_, n) => `usr_many_${n}`);
  for (const user of users) await aChannel(user);
  const names = Array.from({ length: 12 }, (_, n) => String(n));
  for (const name of names) await stack.publish(users.map((user) => recordOf(eventFor(user, name))));
  await eventually(() => expect(receiver.requests.filter(({ path }) => path.startsWith('/usr_many')).length).toBeGreaterThan(100), { intervalMs: 5 });
  process.kill(third.pid, 'SIGKILL');
  await eventually(async () => expect((await db().query("SELECT count(*)::int AS told FROM channel_messages WHERE user_id LIKE 'usr_many%' AND status = 'delivered'")).rows).toEqual([{ told: 360 }]), { timeoutMs: 25_000 });
  // What the killed one had sent and not yet recorded is sent once more: never another one before it.
  for (const user of users) expect(namesAt(`/${user}`).filter((name, index, all) => name !== all[index - 1])).toEqual(names);
  expect(receiver.requests.filter(({ path }) => path.startsWith('/usr_many')).length).toBeLessThan(400);
  await stopSecond();
}, 60_000);

test('while the core is away known channels are told, unknown ones wait and use up no attempt', async () => {
  await aChannel('usr_known');
  await stack.publish([recordOf(eventFor('usr_known', 'before'))]);
  await eventually(() => expect(namesAt('/usr_known')).toEqual(['before']));
  await aChannel('usr_new');
  process.kill(core.pid, 'SIGKILL');
  await core.ended;
  await stack.publish([recordOf(eventFor('usr_known', 'meanwhile')), recordOf(eventFor('usr_new', 'first'))]);
  await eventually(() => expect(namesAt('/usr_known')).toEqual(['before', 'meanwhile']));
  await eventually(async () => expect(await messagesOf('usr_new')).toEqual([{ status: 'pending', attempts: 0, error: null }]));
  await core.restart();
  await eventually(() => expect(namesAt('/usr_new')).toEqual(['first']));
  await eventually(async () => expect(await messagesOf('usr_new')).toMatchObject([{ attempts: 1, error: null }]));
}, 60_000);

test('hundreds of channels that hang delay neither the channels of others nor webhooks', async () => {
  const hanging = Array.from({ length: 100 }, (_, n) => `usr_hanging_${n}`);
  // One service, by another name: its lane is its own.
  for (const user of hanging) {
    await put(`${user}/settings`, {});
    await put(`${user}/channels/own`, { kind: 'webhook', url: `http://localhost:${receiver.port}/hanging` });
  }
  receiver.program('/hanging', behaviours.silence());
  expect((await callApi('POST', `${stack.urlOf('outbound-dispatcher')}/v1/webhooks/endpoints`, { key: systemKey, body: { url: receiver.url('/hook'), event_types: ['*'] } })).status).toBe(201);
  await aChannel('usr_well');
  await stack.publish(hanging.map((user) => recordOf(eventFor(user, 'hang'))));
  await eventually(() => expect(receiver.at('/hanging').length).toBeGreaterThanOrEqual(64));
  await stack.publish([recordOf(eventFor('usr_well', 'well')), recordOfEvent(eventFor('usr_well', 'well'))]);
  await eventually(() => expect([namesAt('/usr_well'), namesAt('/hook')]).toEqual([['well'], ['well']]));
  expect((await db().query("SELECT count(*)::int AS given_up FROM channel_messages WHERE user_id LIKE 'usr_hanging%' AND attempts > 0")).rows).toEqual([{ given_up: 0 }]);
});

test('the core is told once when a connection begins to fail, and once when it works again', async () => {
  await aChannel('usr_failing');
  receiver.program('/usr_failing', behaviours.answer(500));
  await stack.publish(['one', 'two'].map((name) => recordOf(eventFor('usr_failing', name))));
  await eventually(async () => expect(await messagesOf('usr_failing')).toMatchObject([{ status: 'failed', attempts: 4, error: 'status_500' }, { status: 'failed' }]));
  receiver.program('/usr_failing', behaviours.answer(200));
  await stack.publish([recordOf(eventFor('usr_failing', 'three'))]);
  await eventually(() => expect(statesToldOf('usr_failing')).toEqual([true, false]));
});

test.each([401, 403, 410])('%i makes the connection failing at once, and is retried like any failure, with attempts of its own for the next', async (status) => {
  const userId = `usr_${status}`;
  await aChannel(userId);
  const refusals = (count: number) => Array.from({ length: count }, () => behaviours.answer(status));
  receiver.program(`/${userId}`, ...refusals(2), behaviours.answer(200), ...refusals(4), behaviours.answer(200));
  await stack.publish([recordOf(eventFor(userId, 'one'))]);
  await eventually(async () => expect(await messagesOf(userId)).toEqual([{ status: 'delivered', attempts: 3, error: null }]));
  await eventually(() => expect(statesToldOf(userId)).toEqual([true, false]));
  await stack.publish(['two', 'three'].map((name) => recordOf(eventFor(userId, name))));
  await eventually(async () => expect(await messagesOf(userId)).toEqual([
    { status: 'delivered', attempts: 3, error: null }, { status: 'failed', attempts: 4, error: `status_${status}` }, { status: 'delivered', attempts: 1, error: null },
  ]));
  await eventually(() => expect(statesToldOf(userId)).toEqual([true, false, true, false]));
  expect(namesAt(`/${userId}`)).toEqual([...Array.from({ length: 3 }, () => 'one'), ...Array.from({ length: 4 }, () => 'two'), 'three']);
});
