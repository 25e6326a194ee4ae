import { newId, webhookDeliveryEvent, type BehaviorEvent } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { behaviours, eventually, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDeliveryResults, type DeliveryResult } from '../src/adapters/delivery-results.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anEndpoint, anEvent, by, recordOf, storeOf } from './given.ts';

const stack = useStack();
const published = stack.collect(webhookDeliveryEvent.topic);
const database = openDatabase({ url: stack.databaseUrl('outbound-dispatcher'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  await stack.run([database]);
  await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', DELIVERY_RETRY_DELAYS_MS: '10,10' }))).components);
});
afterAll(() => receiver.stop());

let workspaces = 0;
/** An endpoint in a workspace of its own. */
async function given(path: string) {
  const workspaceId = `ws_${++workspaces}`;
  const { id } = await anEndpoint(database.pool, stack.env['ENCRYPTION_KEYS'], { url: receiver.url(path), workspaceId });
  const deliveries = async () => (await database.pool.query('SELECT * FROM deliveries WHERE endpoint_id = $1 ORDER BY created_at, id', [id])).rows;
  return {
    id,
    workspaceId,
    path,
    deliveries,
    endpoint: async () => (await database.pool.query('SELECT * FROM endpoints WHERE id = $1', [id])).rows[0],
    set: (assignments: string) => database.pool.query(`UPDATE endpoints SET ${assignments} WHERE id = $1`, [id]),
    /** Publishes one event and waits for the end of its delivery. */
    async deliver(): Promise<BehaviorEvent> {
      const event = anEvent({ workspaceId });
      await stack.publish([recordOf(event)]);
      await eventually(async () => expect((await deliveries()).find((row) => row.event_id === event.id)?.completed_at).toEqual(expect.any(Date)));
      return event;
    },
    told: () => published.filter(({ key }) => key === id).map(({ value, headers }) => ({ ...webhookDeliveryEvent.data.parse(JSON.parse(value)), type: headers['ce_type'], ceId: headers['ce_id'] })),
  };
}

test('100 failed deliveries in a row and no success for 24 h disable an endpoint; its owner and operators see why, what comes is skipped', async () => {
  const { id, workspaceId, path, deliver, deliveries, endpoint, set, told } = await given('/hopeless');
  receiver.program(path, behaviours.answer(500));
  await set(`failures_in_row = 98, failing_since = now() - interval '2 h', last_success_at = now() - interval '25 h'`);
  await deliver();
  expect(await endpoint()).toMatchObject({ status: 'enabled', failures_in_row: 99 });
  const last = await deliver();
  await eventually(async () => expect(await endpoint()).toMatchObject({ status: 'disabled', disabled_reason: 'failing', failures_in_row: 100 }));
  const next = await deliver();
  expect((await deliveries()).at(-1)).toMatchObject({ status: 'skipped', reason: 'endpoint_disabled', attempt_count: 0 });
  await eventually(() => expect(told().map(({ event }) => event).toSorted()).toEqual(['delivery.failed', 'delivery.failed', 'delivery.skipped', 'endpoint.disabled']));
  expect(told()).toContainEqual(expect.objectContaining({ event: 'delivery.failed', type: 'delivery.failed', workspace_id: workspaceId, endpoint_id: id, delivery: {
    id: (await deliveries())[1].id, event_id: last.id, event: 'activity.completed', user_id: 'usr_1', reason: 'status_500', attempt_count: 3,
  } }));
  expect(told()).toContainEqual(expect.objectContaining({ event: 'delivery.skipped', delivery: expect.objectContaining({ event_id: next.id, reason: 'endpoint_disabled', attempt_count: 0 }) }));
  expect(told()).toContainEqual(expect.objectContaining({ event: 'endpoint.disabled', endpoint: { id, disabled_reason: 'failing' } }));
  for (const { id: eventId, ceId } of told()) expect(ceId).toBe(eventId);

  // Enabled, it has its hundred again.
  await storeOf(database.pool).enable(by, { workspaceId, userId: null }, id);
  await deliver();
  expect(await endpoint()).toMatchObject({ status: 'enabled', failures_in_row: 1 });
});

test('100 failures in a row with a success within 24 h do not disable; a success ends the row', async () => {
  const { path, deliver, endpoint, set, told } = await given('/recent');
  receiver.program(path, behaviours.answer(500));
  await set(`failures_in_row = 150, failing_since = now() - interval '2 h', last_success_at = now() - interval '23 h'`);
  await deliver();
  expect(await endpoint()).toMatchObject({ status: 'enabled', failures_in_row: 151 });
  receiver.program(path, behaviours.answer(200));
  const succeeded = await deliver();
  expect(await endpoint()).toMatchObject({ status: 'enabled', failures_in_row: 0, failing_since: null });
  await eventually(() => expect(told()).toContainEqual(expect.objectContaining({ event: 'delivery.succeeded', delivery: expect.objectContaining({ event_id: succeeded.id, reason: null, attempt_count: 1 }) })));
});

test('only failures for five days disable, however few', async () => {
  const { path, deliver, endpoint, set } = await given('/slowly');
  receiver.program(path, behaviours.answer(500));
  await set(`failures_in_row = 1, failing_since = now() - interval '119 h', last_success_at = now() - interval '121 h'`);
  await deliver();
  expect(await endpoint()).toMatchObject({ status: 'enabled', failures_in_row: 2 });
  await set(`failing_since = now() - interval '121 h'`);
  await deliver();
  await eventually(async () => expect(await endpoint()).toMatchObject({ status: 'disabled', disabled_reason: 'failing' }));
});

test('of a redelivered event nothing is told again, neither that it was skipped nor of one that was delivered before its endpoint was disabled', async () => {
  const { id, workspaceId, deliver, told } = await given('/redelivered');
  const delivered = await deliver();
  await storeOf(database.pool).disable(by, { workspaceId, userId: null }, id);
  const skipped = await deliver();
  await stack.publish([delivered, skipped].map(recordOf));
  const fence = await deliver();
  const toldAsSkipped = () => told().flatMap((record) => (record.event === 'delivery.skipped' ? [record.delivery.event_id] : []));
  await eventually(() => expect(toldAsSkipped()).toContain(fence.id));
  expect(toldAsSkipped()).toEqual([skipped.id, fence.id]);
});

test('a last attempt that is answered 410 disables as gone; one in the middle does not', async () => {
  const back = await given('/back');
  receiver.program(back.path, behaviours.answer(410), behaviours.answer(410), behaviours.answer(500));
  await back.deliver();
  expect(receiver.at(back.path)).toHaveLength(3);
  expect(await back.endpoint()).toMatchObject({ status: 'enabled', failures_in_row: 1 });

  const gone = await given('/gone');
  receiver.program(gone.path, behaviours.answer(410));
  await gone.deliver();
  await eventually(async () => expect(await gone.endpoint()).toMatchObject({ status: 'disabled', disabled_reason: 'gone' }));
  expect(receiver.at(gone.path)).toHaveLength(3);
  await eventually(() => expect(gone.told()).toContainEqual(expect.objectContaining({ event: 'endpoint.disabled', endpoint: { id: gone.id, disabled_reason: 'gone' } })));
});

test.each([
  { description: 'and nothing comes after the recording', statuses: ['failed'] as const },
  { description: 'and others succeed before and after it in the same batch', statuses: ['succeeded', 'failed', 'succeeded'] as const },
])('a last 410 is not forgotten: what records it disables, $description', async ({ statuses }) => {
  const { id, workspaceId, endpoint, told } = await given('/recorded');
  const results = statuses.map((status): DeliveryResult => ({
    delivery: {
      workspaceId, id: newId('dlv'), endpointId: id, eventId: newId('evt'), event: 'activity.completed', userId: 'usr_1', body: '{}', attemptCount: 0, attemptsBefore: 0,
      isSingle: false, isTest: false, isReplayed: false, isProbe: false, isOrdered: false, isOver: false, leaseEndsAt: 0,
    },
    status, reason: status === 'failed' ? 'status_410' : null, attempt: null, delayMs: null, isGone: status === 'failed',
  }));
  for (const { delivery: { id: deliveryId, eventId } } of results)
    await database.pool.query(`INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, lease_owner, claimable_at)
      VALUES ($1, $2, $3, $4, 'activity.completed', 'usr_1', 'pending', 'test', now() + interval '1 h')`, [workspaceId, deliveryId, id, eventId]);
  expect(await createDeliveryResults(database.pool, { owner: 'test' }).record(results, new Set())).toEqual([]);
  expect(await endpoint()).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });
  await eventually(() => expect(told().map(({ event }) => event).toSorted()).toEqual([...statuses.map((status) => `delivery.${status}`), 'endpoint.disabled'].toSorted()));
});
