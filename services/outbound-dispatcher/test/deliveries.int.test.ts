import { verifyWebhook } from '@waggle/client';
import { behaviorEvent, type BehaviorEvent } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { createLogger } from '@waggle/runtime';
import { behaviours, eventually, startInstance, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createDeliveryLog } from '../src/adapters/delivery-log.ts';
import { createDeliveryQueue } from '../src/adapters/delivery-queue.ts';
import { createDeliveryResults } from '../src/adapters/delivery-results.ts';
import { createEndpointDirectory } from '../src/adapters/endpoint-directory.ts';
import { createEndpointPauses } from '../src/adapters/endpoint-pauses.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { behaviorEventHandler } from '../src/consumers/behavior-event.ts';
import { createDeliveryEngine } from '../src/delivery/engine.ts';
import { createFanOut } from '../src/delivery/fan-out.ts';
import type { Delivery } from '../src/domain/delivery.ts';
import { anAward, anEndpoint, anEvent, by, recordOf, recordOfAward, storeOf } from './given.ts';

const stack = useStack();
const records = stack.collect(behaviorEvent.topic);
const deadLetters = stack.collect('private.outbound-dispatcher.dead-letter.v1');
const database = openDatabase({ url: stack.databaseUrl('outbound-dispatcher'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  await stack.run([database]);
});
afterAll(() => receiver.stop());

const settings = { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', DELIVERY_RETRY_DELAYS_MS: '50,60,70' };
let stopDispatcher = async () => {};
/** One at a time, for the length of a test. */
async function startDispatcher(overrides: NodeJS.ProcessEnv = {}) {
  stopDispatcher = await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', { ...settings, ...overrides }))).components);
}
afterEach(async () => {
  await stopDispatcher();
  stopDispatcher = async () => {};
});
const endpointAt = (path: string, given: { workspaceId?: string; userId?: string; eventTypes?: string[] } = {}) =>
  anEndpoint(database.pool, stack.env['ENCRYPTION_KEYS'], { url: receiver.url(path), ...given });
const UNCHANGED = { url: undefined, eventTypes: undefined, description: undefined, sealedHeaders: undefined, ordering: undefined, maxInFlight: undefined };
const publish = (...events: BehaviorEvent[]) => stack.publish(events.map(recordOf));
const idsAt = (path: string) => receiver.at(path).map(({ headers }) => headers['webhook-id']);
const deliveriesTo = async (endpointId: string) => (await database.pool.query('SELECT * FROM deliveries WHERE endpoint_id = $1 ORDER BY id', [endpointId])).rows;

/** A later event with the same key: once it has arrived, all before it have been fanned out. */
async function fence(path: string, of: BehaviorEvent) {
  const last = anEvent({ workspaceId: of.workspace_id, userId: of.user_id });
  await publish(last);
  await eventually(() => expect(idsAt(path)).toContain(last.id));
}

test('a delivery is tried four times with the same bytes and id, verifiable each time, and then has failed', async () => {
  const { id, secret } = await endpointAt('/failing');
  receiver.program('/failing', behaviours.answer(500, 'no\u0000'));
  await startDispatcher();
  const event = anEvent({ name: 'Wasser trinken 💧' });
  await publish(event);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'failed' }]));

  const requests = receiver.at('/failing');
  const { workspace_id: _, ...body } = event;
  expect(requests.map(({ headers }) => headers['x-buffy-attempt'])).toEqual(['1', '2', '3', '4']);
  for (const { headers, body: bytes } of requests) {
    expect(bytes.toString()).toBe(JSON.stringify(body));
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-buffy-event': 'activity.completed', 'x-buffy-delivery': requests[0]!.headers['x-buffy-delivery'], 'webhook-id': event.id });
    expect(verifyWebhook(secret, bytes, headers)).toBe(true);
    expect(new Webhook(secret).verify(bytes, headers)).toEqual(body);
    expect(() => new Webhook(secret).verify(`${bytes.toString()} `, headers)).toThrow();
  }
  const [delivery] = await deliveriesTo(id);
  expect(delivery).toMatchObject({ id: requests[0]!.headers['x-buffy-delivery'], reason: 'status_500', attempt_count: 4, next_attempt_at: null, lease_owner: null, claimable_at: null });
  expect(delivery.attempts).toMatchObject([1, 2, 3, 4].map((number) => ({ number, status_code: 500, error: 'status_500', response_body: 'no\uFFFD' })));
});

test('a retry that succeeds ends the delivery', async () => {
  const { id } = await endpointAt('/recovering', { workspaceId: 'ws_2' });
  receiver.program('/recovering', behaviours.reset(), behaviours.answer(200));
  await startDispatcher();
  await publish(anEvent({ workspaceId: 'ws_2' }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'succeeded', reason: null, attempt_count: 2 }]));
  expect((await deliveriesTo(id))[0].attempts).toMatchObject([{ error: 'connection_closed', status_code: null }, { error: null, status_code: 200 }]);
});

test('a redelivered record makes no second delivery, in the same batch or in a later one', async () => {
  const { id } = await endpointAt('/once', { workspaceId: 'ws_3' });
  await startDispatcher();
  const event = anEvent({ workspaceId: 'ws_3' });
  await publish(event, event);
  await fence('/once', event);
  await publish(event);
  await fence('/once', event);

  expect(idsAt('/once').filter((received) => received === event.id)).toHaveLength(1);
  expect(await deliveriesTo(id)).toHaveLength(3);
});

test('an event that concerns nobody costs no transaction, and an endpoint that the process has not heard of yet is somebody', async () => {
  let transactions = 0;
  const connect = () => {
    transactions++;
    return database.pool.connect();
  };
  const pool: typeof database.pool = Object.create(database.pool, { connect: { value: connect }, query: { value: database.pool.query.bind(database.pool) } });
  const queue = createDeliveryQueue(database.pool, { owner: 'thrifty', leaseMs: 60_000 });
  const fanOut = createFanOut({ pool, directory: createEndpointDirectory(), queue, engine: { room: () => 0, accept() {} } }, { leaseMs: 60_000 });
  const event = { workspaceId: 'ws_nobody', id: 'evt_nobody', event: 'activity.completed', userId: 'usr_1', timestamp: '2026-03-28T08:12:44Z', body: '{}', sequence: 1 };
  await fanOut([event]);
  expect(transactions).toBe(0);

  const { id } = await endpointAt('/nobody', { workspaceId: 'ws_nobody' });
  await fanOut([{ ...event, id: 'evt_somebody' }]);
  expect(await deliveriesTo(id)).toMatchObject([{ event_id: 'evt_somebody' }]);
});

test('what a process left between its commit and its attempts is delivered by a successor, once, when the lease has run out', async () => {
  const { id } = await endpointAt('/left', { workspaceId: 'ws_4' });
  const events = [anEvent({ workspaceId: 'ws_4' }), anEvent({ workspaceId: 'ws_4' })];
  await publish(...events);
  const mine = () => records.filter(({ value }) => JSON.parse(value).workspace_id === 'ws_4');
  await eventually(() => expect(mine()).toHaveLength(2));

  const queue = createDeliveryQueue(database.pool, { owner: 'gone', leaseMs: 1_500 });
  const dying = createFanOut({ pool: database.pool, directory: createEndpointDirectory(), queue, engine: { room: () => 100, accept() {} } }, { leaseMs: 1_500 });
  await behaviorEventHandler({ fanOut: dying }).handle(mine());
  expect(await deliveriesTo(id)).toMatchObject([{ lease_owner: 'gone', status: 'pending' }, { lease_owner: 'gone', status: 'pending' }]);

  await startDispatcher();
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }]));
  expect(idsAt('/left')).toHaveLength(2);
  expect(new Set(idsAt('/left'))).toEqual(new Set(events.map((event) => event.id)));
  for (const { attempts, created_at: createdAt } of await deliveriesTo(id)) {
    expect(Date.parse(attempts[0].started_at)).toBeGreaterThanOrEqual(createdAt.getTime() + 1_500);
  }
});

test('of two processes one is killed: the other delivers its work, which is held for 12 s at most, and no delivery is ever sent by both at once', async () => {
  const { id } = await endpointAt('/killed', { workspaceId: 'ws_5' });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const openOf = new Map<string, number>();
  let most = 0;
  receiver.program('/killed', (response, { headers }) => {
    const delivery = String(headers['x-buffy-delivery']);
    openOf.set(delivery, (openOf.get(delivery) ?? 0) + 1);
    most = Math.max(most, openOf.get(delivery)!);
    response.once('close', () => openOf.set(delivery, openOf.get(delivery)! - 1));
    void gate.then(() => response.writeHead(200).end());
  });
  const [victim, survivor] = await Promise.all([startInstance(stack, 'outbound-dispatcher', settings), startInstance(stack, 'outbound-dispatcher', settings)]);
  const events = Array.from({ length: 60 }, (_, n) => anEvent({ workspaceId: 'ws_5', userId: `usr_${n}` }));
  await publish(...events);
  const heldByVictim = async () => (await deliveriesTo(id)).filter(({ lease_owner: owner }) => owner?.startsWith(victim.name)).length;
  await eventually(async () => {
    expect(await deliveriesTo(id)).toHaveLength(60);
    expect(receiver.at('/killed')).toHaveLength(16);
    expect(await heldByVictim()).toBeGreaterThanOrEqual(8);
  });
  process.kill(victim.process.pid, 'SIGKILL');
  const held = "SELECT count(*) > 0 AS some, max(claimable_at) <= clock_timestamp() + interval '12 s' AS ends FROM deliveries WHERE endpoint_id = $1 AND starts_with(lease_owner, $2)";
  expect((await database.pool.query(held, [id, victim.name])).rows).toEqual([{ some: true, ends: true }]);
  open();
  await eventually(async () => expect((await deliveriesTo(id)).map(({ status }) => status)).toEqual(Array(60).fill('succeeded')), { timeoutMs: 25_000 });
  expect(new Set(idsAt('/killed'))).toEqual(new Set(events.map((event) => event.id)));
  // What the dead one had in flight comes once more.
  expect(idsAt('/killed').length).toBeLessThanOrEqual(60 + 8);
  expect(most).toBe(1);
  await survivor.process.stop();
}, 60_000);

test('a graceful stop finishes what is in flight and hands the rest back', async () => {
  const { id } = await endpointAt('/stopping', { workspaceId: 'ws_6' });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/stopping', (response) => void gate.then(() => response.writeHead(200).end()));
  await startDispatcher({ DELIVERY_TIMEOUT_MS: '10000', DELIVERY_LEASE_MS: '60000' });
  await publish(...Array.from({ length: 12 }, () => anEvent({ workspaceId: 'ws_6' })));
  await eventually(async () => {
    expect(receiver.at('/stopping')).toHaveLength(8);
    expect(await deliveriesTo(id)).toHaveLength(12);
  });
  const stopped = stopDispatcher();
  const states = async () => (await deliveriesTo(id)).map(({ status, lease_owner: owner }) => `${status} ${owner === null ? 'free' : 'leased'}`).toSorted();
  await eventually(async () => expect(await states()).toEqual([...Array(4).fill('pending free'), ...Array(8).fill('pending leased')]));
  open();
  await stopped;
  expect(await states()).toEqual([...Array(4).fill('pending free'), ...Array(8).fill('succeeded free')]);

  await startDispatcher();
  await eventually(() => expect(receiver.at('/stopping')).toHaveLength(12));
  expect(new Set(idsAt('/stopping')).size).toBe(12);
});

test('an endpoint that hangs has its eight requests in flight and holds nobody else back', async () => {
  const hanging = await endpointAt('/hanging', { workspaceId: 'ws_7' });
  await endpointAt('/quick', { workspaceId: 'ws_7' });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/hanging', (response) => void gate.then(() => response.writeHead(200).end()));
  await startDispatcher({ DELIVERY_TIMEOUT_MS: '20000', DELIVERY_LEASE_MS: '60000' });
  await publish(...Array.from({ length: 100 }, () => anEvent({ workspaceId: 'ws_7' })));
  await eventually(() => expect(receiver.at('/quick')).toHaveLength(100));
  expect(receiver.at('/hanging')).toHaveLength(8);
  expect((await deliveriesTo(hanging.id)).filter(({ status }) => status === 'pending')).toHaveLength(100);
  open();
  await eventually(() => expect(receiver.at('/hanging')).toHaveLength(100));
});

test('an endpoint that does not answer is left alone and probed with one; what waits uses up no attempt; an answer lets all go', async () => {
  const silent = await endpointAt('/silent', { workspaceId: 'ws_15' });
  await endpointAt('/unmoved', { workspaceId: 'ws_15' });
  let [open, mostWhilePaused, isPaused] = [0, 0, false];
  receiver.program('/silent', (response) => {
    open++;
    if (isPaused) mostWhilePaused = Math.max(mostWhilePaused, open);
    response.once('close', () => { open--; });
  });
  await startDispatcher({ DELIVERY_TIMEOUT_MS: '500', DELIVERY_RETRY_DELAYS_MS: '300,300,300' });
  const events = Array.from({ length: 80 }, () => anEvent({ workspaceId: 'ws_15' }));
  await publish(...events.slice(0, 60));
  const endpoint = async () => (await database.pool.query('SELECT * FROM endpoints WHERE id = $1', [silent.id])).rows[0];
  await eventually(async () => expect((await endpoint()).paused_until).not.toBeNull());
  await eventually(() => expect(open).toBe(0));
  isPaused = true;
  const attemptsBefore = receiver.at('/silent').length;
  expect(attemptsBefore).toBeLessThan(70);
  await publish(...events.slice(60));
  await eventually(() => expect(new Set(idsAt('/unmoved'))).toEqual(new Set(events.map(({ id }) => id))));

  // Two probes later: each was one request, and those that came in between have made none.
  await eventually(async () => expect((await endpoint()).pauses).toBeGreaterThanOrEqual(3));
  expect(mostWhilePaused).toBe(1);
  expect(receiver.at('/silent').length - attemptsBefore).toBeLessThanOrEqual(4);
  const later = (await deliveriesTo(silent.id)).filter(({ event_id: id }) => events.slice(64).some((event) => event.id === id));
  expect(later.map(({ status, attempt_count: count }) => `${status} ${count}`)).toEqual(Array(16).fill('pending 0'));
  const { paused_until: until } = await endpoint();
  const [shown] = await createDeliveryLog(database.pool).list({ workspaceId: 'ws_15', userId: null }, { endpointId: silent.id, status: 'pending', eventPattern: null, userId: null, since: null, until: null }, { after: null, limit: 1 });
  expect(shown!.next_attempt_at!.getTime()).toBeGreaterThanOrEqual(until.getTime());
  const metrics = await (await fetch(`http://127.0.0.1:${stack.envOf('outbound-dispatcher')['INTERNAL_PORT']}/metrics`)).text();
  expect(metrics).toMatch(/^webhook_endpoints_paused(\{.*\})? 1$/m);

  receiver.program('/silent', behaviours.answer(200));
  await eventually(async () => expect((await deliveriesTo(silent.id)).map(({ status }) => status)).toEqual(Array(80).fill('succeeded')));
  expect(await endpoint()).toMatchObject({ paused_until: null, pauses: 0 });
  for (const { id, attempts } of await deliveriesTo(silent.id)) {
    const numbers = receiver.at('/silent').filter(({ headers }) => headers['x-buffy-delivery'] === id).map(({ headers }) => Number(headers['x-buffy-attempt']));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(attempts.map(({ number }: { number: number }) => number)).toEqual(numbers);
  }
}, 60_000);

test('of several instances one probes, where there is something due, and the next if that one dies', async () => {
  const { id } = await endpointAt('/probed', { workspaceId: 'ws_16' });
  const [first, second] = [1, 2].map(() => createEndpointPauses(database.pool, { firstMs: 50, leaseMs: 2_000 }));
  const both = async () => (await Promise.all([first!.probe([id]), second!.probe([id])])).flat();
  expect(await first!.pause({ workspaceId: 'ws_16', id })).toEqual(expect.any(Date));
  expect(await second!.pause({ workspaceId: 'ws_16', id })).toBeNull();
  const fanOut = createFanOut({
    pool: database.pool, directory: createEndpointDirectory(), queue: createDeliveryQueue(database.pool, { owner: 'a', leaseMs: 1 }), engine: { room: () => 0, accept() {} },
  }, { leaseMs: 1 });
  await eventually(async () => expect((await database.pool.query('SELECT FROM endpoints WHERE id = $1 AND paused_until <= now()', [id])).rows).toHaveLength(1));
  expect(await both()).toEqual([]);
  await fanOut([{ workspaceId: 'ws_16', id: 'evt_probe', event: 'activity.completed', userId: 'usr_1', timestamp: '2026-03-28T08:12:44Z', body: '{}', sequence: null }]);
  expect(await both()).toEqual([id]);
  expect(await both()).toEqual([]);
  await eventually(async () => expect(await both()).toEqual([id]));
  expect([await first!.resume({ workspaceId: 'ws_16', id }), await second!.resume({ workspaceId: 'ws_16', id })]).toEqual([true, false]);
});

test("what waits for an endpoint that is deleted is skipped, with the reason, and not sent", async () => {
  const { id } = await endpointAt('/deleted', { workspaceId: 'ws_8' });
  receiver.program('/deleted', behaviours.answer(500));
  await startDispatcher({ DELIVERY_RETRY_DELAYS_MS: '10000' });
  await publish(anEvent({ workspaceId: 'ws_8' }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'retrying' }]));
  await storeOf(database.pool).remove(by, { workspaceId: 'ws_8', userId: null }, id);
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'skipped', reason: 'endpoint_deleted', attempt_count: 1 }]));
  expect(receiver.at('/deleted')).toHaveLength(1);
});

test('a record that breaks the contract, or fails alone, goes to the dead letters with its reason and stops nobody', async () => {
  await endpointAt('/poison', { workspaceId: 'ws_9' });
  await startDispatcher();
  const event = anEvent({ workspaceId: 'ws_9' });
  const { topic, key } = recordOf(event);
  // PostgreSQL's text takes no U+0000, which the contract's string does.
  const poisonedEvent = { ...anEvent({ workspaceId: 'ws_9' }), user_id: 'usr\u0000' };
  const poisoned = { ...recordOf(poisonedEvent), key };
  await stack.publish([{ topic, key, value: '{"event":"activity.eaten"}', headers: { ce_id: 'evt_x' } }, poisoned, recordOf(event)]);
  await fence('/poison', event);
  await eventually(() => expect(deadLetters).toHaveLength(2));
  expect(deadLetters).toMatchObject([
    { key, value: '{"event":"activity.eaten"}', headers: { reason: 'schema_mismatch', topic, ce_id: 'evt_x' } },
    { key, value: poisoned.value, headers: { reason: 'failed', topic, ce_id: poisonedEvent.id } },
  ]);
  expect(idsAt('/poison')).toContain(event.id);
});

test("a user's endpoint gets that user's events alone, and awards go to the workspace's", async () => {
  const wallet = '0x52908400098527886e0f7030069857d2e4169ee7';
  await endpointAt('/ofWorkspace', { workspaceId: 'ws_10' });
  await endpointAt('/ofUser', { workspaceId: 'ws_10', userId: 'usr_1' });
  await endpointAt('/ofWallet', { workspaceId: 'ws_10', userId: wallet });
  await endpointAt('/ofOthers', { workspaceId: 'ws_11' });
  await startDispatcher();
  const [own, foreign, award] = [anEvent({ workspaceId: 'ws_10' }), anEvent({ workspaceId: 'ws_10', userId: 'usr_2' }), anAward('ws_10', wallet)];
  await publish(own, foreign);
  await stack.publish([recordOfAward(award)]);
  await eventually(() => expect(new Set(idsAt('/ofWorkspace'))).toEqual(new Set([own.id, foreign.id, award.id])));
  expect(idsAt('/ofWorkspace')).toHaveLength(3);
  await fence('/ofUser', own);
  expect(idsAt('/ofUser')[0]).toBe(own.id);
  expect(idsAt('/ofUser')).toHaveLength(2);
  expect([...idsAt('/ofWallet'), ...idsAt('/ofOthers')]).toEqual([]);
});

test('an address that is not public is refused where the connection is made', async () => {
  const { id } = await endpointAt('/private', { workspaceId: 'ws_12' });
  await startDispatcher({ EGRESS_ALLOW_CIDRS: '10.0.0.0/8' });
  await publish(anEvent({ workspaceId: 'ws_12' }));
  await eventually(async () => expect(await deliveriesTo(id)).toMatchObject([{ status: 'failed', reason: 'address_not_allowed', attempt_count: 4 }]));
  expect(receiver.at('/private')).toHaveLength(0);
});

test('a result that comes after its lease went to somebody else changes nothing', async () => {
  const { id } = await endpointAt('/late', { workspaceId: 'ws_13' });
  const [first, second] = ['a', 'b'].map((owner) => createDeliveryQueue(database.pool, { owner, leaseMs: 1 }));
  const fanOut = createFanOut({ pool: database.pool, directory: createEndpointDirectory(), queue: first!, engine: { room: () => 1, accept() {} } }, { leaseMs: 1 });
  const event = anEvent({ workspaceId: 'ws_13' });
  await fanOut([{ workspaceId: 'ws_13', id: event.id, event: event.event, userId: 'usr_1', timestamp: event.timestamp, body: '{}', sequence: null }]);
  const [{ id: deliveryId }] = await deliveriesTo(id);
  await eventually(async () => expect((await second!.claim({ rooms: new Map(), roomOfOthers: 10, roomInAll: 10 })).map((claimed) => claimed.id)).toContain(deliveryId));
  const delivery: Delivery = {
    workspaceId: 'ws_13', id: deliveryId, endpointId: id, eventId: event.id, event: event.event, userId: 'usr_1', body: '{}', attemptCount: 0, attemptsBefore: 0, isSingle: false, isTest: false, isReplayed: false, isProbe: false,
    isOrdered: false, isOver: false, leaseEndsAt: 0,
  };
  const result = { delivery, status: 'succeeded' as const, reason: null, attempt: null, delayMs: null, isGone: false };
  const [ofFirst, ofSecond] = ['a', 'b'].map((owner) => createDeliveryResults(database.pool, { owner }));
  const told = new Set<never>();
  await ofFirst!.record([result], told);
  expect(await deliveriesTo(id)).toMatchObject([{ status: 'pending', lease_owner: 'b' }]);
  await ofSecond!.record([{ ...result, delivery: { ...delivery, attemptCount: 1 } }], told);
  expect(await deliveriesTo(id)).toMatchObject([{ status: 'pending' }]);
  await ofSecond!.record([result], told);
  expect(await deliveriesTo(id)).toMatchObject([{ status: 'succeeded', lease_owner: null }]);
});

test('an instance that holds as much as it may sees changes of endpoints all the same, and claims no more than what it has room for', async () => {
  await database.pool.query('DELETE FROM deliveries');
  const { id } = await endpointAt('/full', { workspaceId: 'ws_full' });
  const queue = createDeliveryQueue(database.pool, { owner: 'full', leaseMs: 60_000 });
  const directory = createEndpointDirectory();
  const fanOut = createFanOut({ pool: database.pool, directory, queue, engine: { room: () => 0, accept() {} } }, { leaseMs: 60_000 });
  await fanOut(Array.from({ length: 5 }, () => anEvent()).map(({ id: eventId, event, timestamp }) => ({ workspaceId: 'ws_full', id: eventId, event, userId: 'usr_1', timestamp, body: '{}', sequence: null })));

  const landings: (() => void)[] = [];
  const { record } = createDeliveryResults(database.pool, { owner: 'full' });
  const engine = createDeliveryEngine(
    {
      queue, breaker: { ...directory, probe: async () => [] }, report: async (results) => void (await record(results, new Set())), refreshEndpoints: () => directory.refresh(database.pool),
      async attempt(delivery) {
        await new Promise<void>((land) => landings.push(land));
        return { delivery, status: 'succeeded', reason: null, attempt: null, delayMs: null, isGone: false };
      },
      logger: createLogger('test', 'silent'),
    },
    { lanes: { perEndpoint: () => 10, inAll: 10, heldPerEndpoint: 10, heldInAll: 3, leaseMs: 60_000 }, attemptTimeoutMs: 1_000, pollMs: 10 },
  );
  const stop = await stack.run([engine]);
  const leased = async () => (await deliveriesTo(id)).filter(({ lease_owner: owner }) => owner === 'full').length;
  await eventually(() => expect(landings).toHaveLength(3));
  await storeOf(database.pool).change(by, { workspaceId: 'ws_full', userId: null }, id, { ...UNCHANGED, url: receiver.url('/elsewhere') });
  await eventually(() => expect(directory.find('ws_full', id)?.url).toBe(receiver.url('/elsewhere')));
  expect([await leased(), landings.length]).toEqual([3, 3]);
  landings[0]!();
  await eventually(() => expect(landings).toHaveLength(4));
  expect(await leased()).toBe(3);
  landings.forEach((land) => land());
  await eventually(() => expect(landings).toHaveLength(5));
  landings[4]!();
  await eventually(async () => expect((await deliveriesTo(id)).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'succeeded')));
  await stop();
});

test('an event whose id is of another make is delivered all the same', async () => {
  await endpointAt('/odd', { workspaceId: 'ws_14' });
  await startDispatcher();
  const event = { ...anEvent({ workspaceId: 'ws_14' }), id: 'evt_of-another-make' };
  await publish(event);
  await eventually(() => expect(idsAt('/odd')).toEqual([event.id]));
});
