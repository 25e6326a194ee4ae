import { newId, type BehaviorEvent } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { behaviours, eventually, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDeliveryQueue } from '../src/adapters/delivery-queue.ts';
import { createEndpointDirectory } from '../src/adapters/endpoint-directory.ts';
import { createErasureStore } from '../src/adapters/erasure-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { createFanOut } from '../src/delivery/fan-out.ts';
import type { Delivery } from '../src/domain/delivery.ts';
import { anEndpoint, anEvent, by, recordOf, storeOf } from './given.ts';

const stack = useStack();
const database = openDatabase({ url: stack.databaseUrl('outbound-dispatcher'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  await stack.run([database]);
  // Two instances share the work.
  for (const overrides of [{}, { PORT: '0', INTERNAL_PORT: '0', INSTANCE_ID: 'second' }]) {
    const settings = { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', DELIVERY_RETRY_DELAYS_MS: '30,30,30', ...overrides };
    await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', settings))).components);
  }
}, 60_000);
afterAll(() => receiver.stop());

const NO_CHANGE = { url: undefined, eventTypes: undefined, description: undefined, sealedHeaders: undefined, maxInFlight: undefined };
const orderedAt = (path: string, workspaceId: string) => anEndpoint(database.pool, stack.env['ENCRYPTION_KEYS'], { url: receiver.url(path), workspaceId, ordering: 'per_user' });
const publish = (events: readonly BehaviorEvent[]) => stack.publish(events.map(recordOf));
const several = (workspaceId: string, userId: string, count: number) => Array.from({ length: count }, () => anEvent({ workspaceId, userId }));
const deliveriesTo = async (id: string) => (await database.pool.query('SELECT * FROM deliveries WHERE endpoint_id = $1 ORDER BY turn', [id])).rows;
const finished = (id: string, count: number) => eventually(async () => {
  const rows = await deliveriesTo(id);
  expect(rows.filter(({ completed_at: at }) => at !== null)).toHaveLength(count);
}, { timeoutMs: 20_000 });

test('events of one user arrive in their order and one at a time, whatever fails in between, users beside each other', async () => {
  const { id } = await orderedAt('/ordered', 'ws_1');
  const users = ['usr_1', 'usr_2', 'usr_3', 'usr_4'];
  const ofUsers = users.map((userId) => several('ws_1', userId, 15));
  const inFlight = new Map<string, number>();
  let [most, mostOfUser, requests] = [0, 0, 0];
  receiver.program('/ordered', (response, request) => {
    const key = String(request.headers['webhook-id']);
    const user = users[ofUsers.findIndex((events) => events.some((event) => event.id === key))]!;
    inFlight.set(user, (inFlight.get(user) ?? 0) + 1);
    most = Math.max(most, [...inFlight.values()].reduce((sum, count) => sum + count, 0));
    mostOfUser = Math.max(mostOfUser, inFlight.get(user)!);
    const status = ++requests % 3 === 0 ? 500 : 200;
    setTimeout(() => {
      inFlight.set(user, inFlight.get(user)! - 1);
      response.writeHead(status).end();
    }, 5);
  });
  // Several batches: some come while others wait.
  for (let index = 0; index < 15; index += 3) await publish(ofUsers.flatMap((events) => events.slice(index, index + 3)));
  await finished(id, 60);

  for (const events of ofUsers) {
    const ids = events.map((event) => event.id);
    const arrived = receiver.at('/ordered').map(({ headers }) => headers['webhook-id']!).filter((received) => ids.includes(received));
    // Retries of one come before the first of the next.
    expect(arrived).toEqual(arrived.toSorted((one, other) => ids.indexOf(one) - ids.indexOf(other)));
    expect([...new Set(arrived)]).toEqual(ids);
  }
  expect(mostOfUser).toBe(1);
  expect(most).toBeGreaterThan(1);
}, 60_000);

test('an event that fails for good holds back its user until its last attempt, and nobody else', async () => {
  const { id } = await orderedAt('/held', 'ws_2');
  const [poison, next] = [anEvent({ workspaceId: 'ws_2' }), anEvent({ workspaceId: 'ws_2' })];
  const other = anEvent({ workspaceId: 'ws_2', userId: 'usr_2' });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/held', (response, request) => {
    if (request.headers['webhook-id'] !== poison.id) response.writeHead(200).end();
    else if (request.headers['x-buffy-attempt'] === '4') void gate.then(() => response.writeHead(500).end());
    else response.writeHead(500).end();
  });
  const idsAt = () => receiver.at('/held').map(({ headers }) => headers['webhook-id']);
  await publish([poison, next, other]);
  await eventually(() => expect(receiver.at('/held').filter(({ headers }) => headers['x-buffy-attempt'] === '4')).toHaveLength(1));
  await eventually(() => expect(idsAt()).toContain(other.id));
  expect(idsAt()).not.toContain(next.id);
  expect((await deliveriesTo(id)).find((row) => row.event_id === next.id)).toMatchObject({ status: 'pending', next_attempt_at: null, claimable_at: Infinity });
  open();
  await finished(id, 3);
  expect(idsAt().at(-1)).toBe(next.id);
  const statusOf = new Map((await deliveriesTo(id)).map((row) => [row.event_id, row.status]));
  expect([poison, next, other].map((event) => statusOf.get(event.id))).toEqual(['failed', 'succeeded', 'succeeded']);
});

test('what waits behind others is skipped too when its endpoint is disabled, and order goes on once it is enabled', async () => {
  const { id } = await orderedAt('/paused', 'ws_3');
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/paused', (response) => void gate.then(() => response.writeHead(500).end()));
  const events = several('ws_3', 'usr_1', 5);
  await publish(events);
  await eventually(() => expect(receiver.at('/paused')).toHaveLength(1));
  await storeOf(database.pool).disable(by, { workspaceId: 'ws_3', userId: null }, id);
  await eventually(async () => expect((await deliveriesTo(id)).map(({ status }) => status)).toEqual(['pending', 'skipped', 'skipped', 'skipped', 'skipped']));
  open();
  await finished(id, 5);
  receiver.program('/paused', behaviours.answer(200));
  await storeOf(database.pool).enable(by, { workspaceId: 'ws_3', userId: null }, id);
  const later = several('ws_3', 'usr_1', 3);
  await publish(later);
  await finished(id, 8);
  expect(receiver.at('/paused').slice(1).map(({ headers }) => headers['webhook-id'])).toEqual(later.map((event) => event.id));
});

test('a redelivered record takes no turn twice and blocks nobody', async () => {
  const { id } = await orderedAt('/again', 'ws_4');
  const events = several('ws_4', 'usr_1', 3);
  await publish([...events, ...events]);
  await finished(id, 3);
  await publish([...events, anEvent({ workspaceId: 'ws_4', userId: 'usr_1' })]);
  await finished(id, 4);
  expect(receiver.at('/again').map(({ headers }) => headers['webhook-id']).slice(0, 3)).toEqual(events.map((event) => event.id));
  expect(receiver.at('/again')).toHaveLength(4);
});

test('an endpoint that comes to want order has it for all that follows, behind what was under way without', async () => {
  const { id } = await anEndpoint(database.pool, stack.env['ENCRYPTION_KEYS'], { url: receiver.url('/switched'), workspaceId: 'ws_5' });
  const [before, after, last] = several('ws_5', 'usr_1', 3);
  const other = anEvent({ workspaceId: 'ws_5', userId: 'usr_2' });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  receiver.program('/switched', (response) => void gate.then(() => response.writeHead(500).end()), behaviours.answer(200));
  await publish([before!]);
  await eventually(() => expect(receiver.at('/switched')).toHaveLength(1));
  await storeOf(database.pool).change(by, { workspaceId: 'ws_5', userId: null }, id, { ...NO_CHANGE, ordering: 'per_user' });
  await publish([after!, last!, other]);
  await eventually(() => expect(receiver.at('/switched').map(({ headers }) => headers['webhook-id'])).toEqual([before!.id, other.id]));
  expect((await deliveriesTo(id)).filter(({ claimable_at: at }) => at === Infinity)).toHaveLength(2);
  open();
  await finished(id, 4);
  // Its retry too.
  expect(receiver.at('/switched').map(({ headers }) => headers['webhook-id'])).toEqual([before, other, before, after, last].map((event) => event!.id));
});

test('the change waits for a fan-out that knows nothing of it yet', async () => {
  const { id } = await anEndpoint(database.pool, stack.env['ENCRYPTION_KEYS'], { url: receiver.url('/raced'), workspaceId: 'ws_6' });
  const directory = createEndpointDirectory();
  await directory.refresh(database.pool);
  const change = () => storeOf(database.pool).change(by, { workspaceId: 'ws_6', userId: null }, id, { ...NO_CHANGE, ordering: 'per_user' });
  let changed: Promise<unknown> | undefined;
  const fanOut = createFanOut({
    pool: database.pool,
    queue: createDeliveryQueue(database.pool, { owner: 'racing', leaseMs: 60_000 }),
    engine: { room: () => 0, accept() {} },
    directory: {
      ...directory,
      async refresh(tx) {
        await directory.refresh(tx);
        changed = change();
        await eventually(async () => expect((await database.pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ExclusiveLock'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)).rows).not.toEqual([]));
      },
    },
  }, { leaseMs: 60_000 });
  receiver.program('/raced', behaviours.silence());
  await fanOut([{ workspaceId: 'ws_6', id: 'evt_raced', event: 'activity.completed', userId: 'usr_1', timestamp: '2026-03-28T08:12:44Z', body: '{}', sequence: 1 }]);
  await changed;
  expect(await deliveriesTo(id)).toMatchObject([{ event_id: 'evt_raced', turn: expect.any(String) }]);
});

test('many events for many endpoints go in transactions of a size that the database bears, each event once', async () => {
  const [endpoints, users] = [60, Array.from({ length: 250 }, (_, n) => `usr_${n}`)];
  for (let n = 0; n < endpoints; n++) await orderedAt('/many', 'ws_many');
  await createErasureStore(database.pool).erase({ operation_id: 'op_many', workspace_id: 'ws_many', user_id: 'usr_70', event_sequence: 1, erased_at: '2026-03-28T08:12:44Z' });
  const events = users.map((userId) => ({ workspaceId: 'ws_many', id: newId('evt'), event: 'activity.completed', userId, timestamp: '2026-03-28T08:12:44Z', body: '{}', sequence: 1 }));
  const feed = events.map(({ id, userId }) => ({ workspaceId: 'ws_many', id: newId('msg'), userId, channel: 'feed', text: '', event: { ...anEvent({ workspaceId: 'ws_many', userId }), id }, sequence: 1 }));
  const accepted: string[] = [];
  const engine = { room: () => Infinity, accept: (deliveries: readonly Delivery[]) => void accepted.push(...deliveries.map(({ id }) => id)) };
  const queue = createDeliveryQueue(database.pool, { owner: 'many', leaseMs: 600_000 });
  await createFanOut({ pool: database.pool, directory: createEndpointDirectory(), queue, engine }, { leaseMs: 600_000 })(events, feed);

  const { rows } = await database.pool.query("SELECT count(*)::int AS count FROM deliveries WHERE workspace_id = 'ws_many' GROUP BY xmin::text");
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(249 * endpoints);
  expect(Math.max(...rows.map(({ count }) => count))).toBeLessThanOrEqual(2_000);
  expect(new Set(accepted).size).toBe(249 * endpoints);
  expect((await database.pool.query("SELECT count(*)::int AS told FROM channel_messages WHERE workspace_id = 'ws_many'")).rows).toEqual([{ told: 249 }]);
});
