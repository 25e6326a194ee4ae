import { createCleaner } from '@waggle/database';
import { createLogger } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { deliveryRetention } from '../src/adapters/delivery-retention.ts';

const stack = useStack();

test('finished deliveries go after their time, a few at once, and an event with the last of its own', async () => {
  const db = stack.db('outbound-dispatcher');
  const idsIn = async (table: string) => (await db.query(`SELECT id FROM ${table} ORDER BY 1`)).rows.map(({ id }) => id);
  await db.query("INSERT INTO endpoints (workspace_id, id, url, event_types, sealed_secret, change) SELECT 'ws_' || n, 'whe_1', 'https://example.com', '{*}', '', 0 FROM generate_series(1, 2) n");
  await db.query(`INSERT INTO events (workspace_id, id, event, user_id, timestamp, body, created_at)
    SELECT 'ws_' || n, 'evt_' || days, 'activity.completed', 'usr_1', now(), '{}', now() - days * interval '1 day' FROM generate_series(1, 2) n, unnest(ARRAY[10, 30, 32, 40]) days`);
  // Of each event three deliveries; one of the oldest event has not ended.
  await db.query(`INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, created_at, completed_at)
    SELECT e.workspace_id, 'dlv_' || substr(e.id, 5) || '_' || n, 'whe_1', e.id, e.event, 'usr_1', CASE WHEN e.id = 'evt_40' AND n = 2 THEN 'retrying' ELSE 'failed' END, e.created_at,
      CASE WHEN e.id = 'evt_40' AND n = 2 THEN NULL ELSE e.created_at END FROM events e, generate_series(1, 3) n`);

  const { remove } = deliveryRetention(db, 31);
  expect(await remove(4)).toBe(4);
  expect(await idsIn('deliveries')).toHaveLength(20);
  const stop = await stack.run([createCleaner([deliveryRetention(db, 31)], { intervalMs: 10, logger: createLogger('test', 'silent') })]);
  const kept = ['10_1', '10_2', '10_3', '30_1', '30_2', '30_3', '40_2'].flatMap((id) => [`dlv_${id}`, `dlv_${id}`]);
  await eventually(async () => expect(await idsIn('deliveries')).toEqual(kept));
  expect(await idsIn('events')).toEqual(['evt_10', 'evt_10', 'evt_30', 'evt_30', 'evt_40', 'evt_40']);
  expect(await remove(4)).toBe(0);
  await stop();
});

test('a delivery that is put back while it is being removed stays, with what it carries', async () => {
  const db = stack.db('outbound-dispatcher');
  await db.query("INSERT INTO endpoints (workspace_id, id, url, event_types, sealed_secret, change) VALUES ('ws_back', 'whe_1', 'https://example.com', '{*}', '', 0)");
  await db.query("INSERT INTO events (workspace_id, id, event, user_id, timestamp, body, created_at) VALUES ('ws_back', 'evt_1', 'activity.completed', 'usr_1', now(), '{}', now() - interval '40 days')");
  await db.query(`INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, created_at, completed_at)
    SELECT workspace_id, 'dlv_' || n, 'whe_1', id, event, user_id, 'failed', created_at, created_at FROM events, generate_series(1, 2) n WHERE workspace_id = 'ws_back'`);
  const client = await db.connect();
  await client.query('BEGIN');
  // As a manual retry and a replay do.
  await client.query("UPDATE deliveries SET status = 'pending', claimable_at = now(), completed_at = NULL WHERE workspace_id = 'ws_back' AND id = 'dlv_1'");
  const removing = deliveryRetention(db, 31).remove(10);
  await eventually(async () => expect((await db.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).rows).toHaveLength(1));
  await client.query('COMMIT');
  client.release();
  expect(await removing).toBe(1);
  expect((await db.query("SELECT id, status FROM deliveries WHERE workspace_id = 'ws_back'")).rows).toEqual([{ id: 'dlv_1', status: 'pending' }]);
  expect((await db.query("SELECT id FROM events WHERE workspace_id = 'ws_back'")).rows).toEqual([{ id: 'evt_1' }]);
});
