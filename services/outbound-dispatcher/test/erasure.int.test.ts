import { userErased, userErasure, type UserErasure } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { Unavailable } from '@waggle/runtime';
import { behaviours, eventually, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createErasureStore } from '../src/adapters/erasure-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anAward, anEndpoint, anEvent, aNewEndpoint, by, recordOf, recordOfAward, storeOf } from './given.ts';

const stack = useStack();
const reports = stack.collect(userErased.topic);
const database = openDatabase({ url: stack.databaseUrl('outbound-dispatcher'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  await stack.run([database]);
  const settings = { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', DELIVERY_RETRY_DELAYS_MS: '100,600000,600000' };
  await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', settings))).components);
});
afterAll(() => receiver.stop());

const endpointAt = (path: string, workspaceId: string, userId?: string) =>
  anEndpoint(database.pool, stack.env['ENCRYPTION_KEYS'], { url: receiver.url(path), workspaceId, ...(userId !== undefined && { userId }) });
/** As the core publishes it: with the number of the event among its user's. */
const numbered = (workspaceId: string, userId: string, sequence: number) => {
  const record = recordOf(anEvent({ workspaceId, userId }));
  return { ...record, headers: { ...record.headers, ce_sequence: String(sequence) } };
};
let operations = 0;
const erasureOf = (workspace_id: string, user_id: string, event_sequence: number, erased_at = '2026-03-28T08:12:44Z'): UserErasure => ({
  operation_id: `op_${++operations}`, workspace_id, user_id, event_sequence, erased_at,
});
async function erase(erasure: UserErasure, timesReported = 1) {
  await stack.publish([toRecord(userErasure, erasure)]);
  const mine = () => reports.map(({ value }) => JSON.parse(value)).filter(({ operation_id }) => operation_id === erasure.operation_id);
  await eventually(() => expect(mine()).toHaveLength(timesReported));
  expect(mine()[0]).toEqual({ operation_id: erasure.operation_id, workspace_id: erasure.workspace_id, service: 'outbound-dispatcher' });
}
const deliveriesIn = async (workspaceId: string) =>
  (await database.pool.query('SELECT user_id, sequence::int, status FROM deliveries WHERE workspace_id = $1 ORDER BY user_id, sequence', [workspaceId])).rows;

/** Every row of the database that shows the text. */
async function rowsWith(text: string): Promise<string[]> {
  const { rows: tables } = await database.pool.query("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'");
  const found = await Promise.all(tables.map(async ({ name }) => {
    const { rows } = await database.pool.query(`SELECT to_json(t)::text AS row FROM "${name}" t WHERE to_json(t)::text LIKE '%' || $1 || '%'`, [text]);
    return rows.map(({ row }) => `${name}: ${row}`);
  }));
  return found.flat();
}

test("an erased user's deliveries, bodies and endpoints are gone from every table; others' stay", async () => {
  const own = await endpointAt('/own', 'ws_1', 'usr_gone');
  await endpointAt('/all', 'ws_1');
  const award = anAward('ws_1', 'usr_wallet');
  await stack.publish([numbered('ws_1', 'usr_gone', 1), numbered('ws_1', 'usr_gone', 2), numbered('ws_1', 'usr_stays', 1), recordOfAward(award)]);
  await eventually(async () => expect(await deliveriesIn('ws_1')).toHaveLength(6));
  await eventually(async () => expect((await deliveriesIn('ws_1')).every(({ status }) => status === 'succeeded')).toBe(true));
  expect(await rowsWith('usr_gone')).not.toEqual([]);

  await erase(erasureOf('ws_1', 'usr_gone', 2));
  // The outbox empties itself.
  await eventually(async () => expect(await rowsWith('usr_gone')).toEqual([]));
  expect(await rowsWith('/own')).toEqual([]);
  expect((await deliveriesIn('ws_1')).map(({ user_id }) => user_id)).toEqual(['usr_stays', 'usr_wallet']);

  // The directory has heard of it: the endpoint gets nothing more, not even of a user who comes again.
  await stack.publish([numbered('ws_1', 'usr_gone', 3)]);
  await eventually(async () => expect(await deliveriesIn('ws_1')).toContainEqual({ user_id: 'usr_gone', sequence: 3, status: 'succeeded' }));
  expect(receiver.at('/own')).toHaveLength(2);
  const { rows } = await database.pool.query('SELECT user_id, url, description, sealed_secret, deleted_at FROM endpoints WHERE id = $1', [own.id]);
  expect(rows).toEqual([{ user_id: null, url: '', description: null, sealed_secret: '', deleted_at: expect.any(Date) }]);
});

test('an event of an erased user that arrives late makes no delivery, and what one of the same id does later does', async () => {
  await endpointAt('/late', 'ws_2');
  await erase(erasureOf('ws_2', 'usr_late', 5));
  await stack.publish([numbered('ws_2', 'usr_late', 4), numbered('ws_2', 'usr_late', 5), numbered('ws_2', 'usr_late', 6)]);
  await eventually(async () => expect(await deliveriesIn('ws_2')).toMatchObject([{ sequence: 6 }]));
  await erase(erasureOf('ws_2', 'usr_late', 5));
  expect(await deliveriesIn('ws_2')).toMatchObject([{ sequence: 6 }]);
});

test('what waits for a retry is gone too, and an attempt that is in flight leaves nothing behind', async () => {
  await endpointAt('/hanging', 'ws_3');
  receiver.program('/hanging', behaviours.answer(500), behaviours.answer(500), behaviours.silence());
  await stack.publish([numbered('ws_3', 'usr_retry', 1)]);
  await eventually(() => expect(receiver.at('/hanging')).toHaveLength(2));
  await stack.publish([numbered('ws_3', 'usr_retry', 2)]);
  await eventually(() => expect(receiver.at('/hanging')).toHaveLength(3));
  await erase(erasureOf('ws_3', 'usr_retry', 2));
  expect(await deliveriesIn('ws_3')).toEqual([]);

  // The hanging attempt ends and its result has been written once a later delivery of the same lane is recorded behind it.
  receiver.program('/hanging', behaviours.answer(200));
  await stack.publish([numbered('ws_3', 'usr_other', 1)]);
  await eventually(async () => expect(await deliveriesIn('ws_3')).toEqual([{ user_id: 'usr_other', sequence: 1, status: 'succeeded' }]));
  await eventually(async () => expect(await rowsWith('usr_retry')).toEqual([]));
});

test('two instances that fan out while the erasure runs leave nothing of the user', async () => {
  await endpointAt('/race', 'ws_4');
  const second = await stack.run(createApp(loadConfig(stack.envOf('outbound-dispatcher', { PORT: '0', INTERNAL_PORT: '0', INSTANCE_ID: 'second', EGRESS_ALLOW_CIDRS: '127.0.0.0/8' }))).components);
  await stack.publish(Array.from({ length: 300 }, (_, index) => numbered('ws_4', 'usr_race', index + 1)));
  await eventually(async () => expect((await deliveriesIn('ws_4')).length).toBeGreaterThan(0));
  await erase(erasureOf('ws_4', 'usr_race', 300));
  await stack.publish([numbered('ws_4', 'usr_race', 301)]);
  await eventually(async () => expect(await deliveriesIn('ws_4')).toContainEqual({ user_id: 'usr_race', sequence: 301, status: 'succeeded' }));
  expect(await deliveriesIn('ws_4')).toHaveLength(1);
  await second();
});

test('an erasure that a crash cut off is done again; a long history goes in parts', async () => {
  await database.pool.query(
    `INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, sequence, created_at)
     SELECT 'ws_5', 'dlv_' || n, 'whe_1', 'evt_' || n, 'activity.completed', 'usr_long', 'succeeded', n, now() + n * interval '1 ms' FROM generate_series(1, 2500) n`,
  );
  await database.pool.query(
    `INSERT INTO events (workspace_id, id, event, user_id, timestamp, body) SELECT 'ws_5', 'evt_' || n, 'activity.completed', 'usr_long', now(), '{}' FROM generate_series(1, 2500) n`,
  );
  const erasure = erasureOf('ws_5', 'usr_long', 2_500);
  await createErasureStore(database.pool).erase(erasure);
  expect(await rowsWith('usr_long')).toEqual([]);
  await erase(erasure);
  await erase(erasure, 2);
});

test('for some seconds no endpoint is made by a key that is still remembered', async () => {
  const endpoint = aNewEndpoint({ workspaceId: 'ws_6', userId: 'usr_6' });
  await createErasureStore(database.pool).erase(erasureOf('ws_6', 'usr_6', 0));
  await expect(storeOf(database.pool).insert(by, endpoint)).rejects.toBeInstanceOf(Unavailable);
  await database.pool.query("UPDATE erased_users SET received_at = received_at - interval '11 s' WHERE workspace_id = 'ws_6'");
  expect(await storeOf(database.pool).insert(by, endpoint)).toMatchObject({ user_id: 'usr_6' });
});

test('an erasure that comes again ends what a crash left of it, and leaves alone who came again under the same id', async () => {
  const first = erasureOf('ws_7', 'usr_back', 2);
  await erase(first);
  await database.pool.query("UPDATE erased_users SET received_at = received_at - interval '11 s' WHERE workspace_id = 'ws_7'");
  await endpointAt('/back', 'ws_7', 'usr_back');
  const keep = async (name: string, { sequence = null, ageInSeconds = 0 }: { sequence?: number | null; ageInSeconds?: number }) => {
    await database.pool.query(
      `INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, sequence, created_at)
       VALUES ('ws_7', 'dlv_' || $1, 'whe_1', 'evt_' || $1, 'activity.completed', 'usr_back', 'succeeded', $2, now() - $3::int * interval '1 s')`, [name, sequence, ageInSeconds]);
    await database.pool.query("INSERT INTO events (workspace_id, id, event, user_id, timestamp, body) VALUES ('ws_7', 'evt_' || $1, 'activity.completed', 'usr_back', now(), '{}')", [name]);
  };
  await keep('left_numbered', { sequence: 2, ageInSeconds: 60 });
  await keep('left', { ageInSeconds: 60 });
  const ofFormer = await rowsWith('left');
  expect(ofFormer).toHaveLength(4);
  // What has no number, as a test send, and what has no time of its own.
  await keep('tested', {});
  await database.pool.query("INSERT INTO channel_messages (workspace_id, id, user_id, channel, kind, event_id, text, status) VALUES ('ws_7', 'msg_back', 'usr_back', 'feed', 'activity', 'evt_b', '', 'delivered')");
  await database.pool.query("INSERT INTO idempotent_requests (workspace_id, id, user_id, digest, sealed_answer, created_at) VALUES ('ws_7', 'idempotent_back', 'usr_back', '', '', now())");
  // The outbox empties itself.
  const rowsOfUser = async () => (await rowsWith('usr_back')).filter((row) => !row.startsWith('outbox:')).toSorted();
  const ofNewcomer = (await rowsOfUser()).filter((row) => !ofFormer.includes(row));
  expect(ofNewcomer.map((row) => row.split(':')[0])).toEqual(['channel_messages', 'deliveries', 'endpoints', 'events', 'idempotent_requests']);

  await erase(first, 2);
  expect(await rowsOfUser()).toEqual(ofNewcomer);
  await storeOf(database.pool).insert(by, aNewEndpoint({ workspaceId: 'ws_7', userId: 'usr_back' }));

  // The newcomer goes too, having done nothing that is numbered; then the first one's erasure is of nobody.
  const second = erasureOf('ws_7', 'usr_back', 2, '2026-03-28T08:12:44.001Z');
  await erase(second);
  expect(await rowsOfUser()).toEqual([]);
  await database.pool.query("UPDATE erased_users SET received_at = received_at - interval '11 s' WHERE workspace_id = 'ws_7'");
  const { id } = await endpointAt('/third', 'ws_7', 'usr_back');
  await erase(first, 3);
  await erase(second, 2);
  expect((await database.pool.query('SELECT url FROM endpoints WHERE id = $1', [id])).rows).toEqual([{ url: receiver.url('/third') }]);
});
