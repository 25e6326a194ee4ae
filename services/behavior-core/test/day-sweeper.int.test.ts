import { behaviorEvent } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { createLogger } from '@waggle/runtime';
import { eventually, readOutbox, useStack } from '@waggle/testkit';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sweepUsers } from '../src/adapters/sweep-store.ts';
import { createUserSweeper } from '../src/adapters/user-sweeper.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const databases = ['first', 'second'].map((name) => ({ name, open: () => openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 2, timeoutMs: 15_000, name }) }));
const logger = createLogger('test', 'silent');
const db = () => stack.db('behavior-core');
const clock = { now: '2026-03-28T00:00:00Z' };

/** An instance with a connection pool of its own, and the clock that the test moves. */
async function anInstance({ open }: (typeof databases)[number]) {
  const database = open();
  await stack.run([database]);
  return createUserSweeper({ sweep: (request) => sweepUsers(database.pool, request), wake() {}, now: () => new Date(clock.now), logger }, { name: 'day sweeper', intervalMs: 1_000_000, usersMax: 20 });
}
let instances: Awaited<ReturnType<typeof anInstance>>[];

beforeAll(async () => {
  instances = await Promise.all(databases.map(anInstance));
});
beforeEach(async () => {
  await db().query('TRUNCATE users, activities, occurrences, applied_templates, outbox');
});

/** `count` users in a zone, each with one daily habit that was made on March 26th, in the evening of UTC. */
async function seed(count: number, { prefix = 'usr', timezone = 'UTC', more = '' } = {}) {
  await db().query(`INSERT INTO users (workspace_id, id, timezone, sweep_at) SELECT 'ws', $1 || n, $2, '2026-03-26T18:00:00Z' FROM generate_series(1, $3::int) n`, [prefix, timezone, count]);
  await db().query(
    `INSERT INTO activities (workspace_id, id, user_id, type, name, channels, starts_on, created_on, settled_until, version, created_at, updated_at)
     SELECT 'ws', 'act_' || $1 || n, $1 || n, 'habit', 'Read', '{}', '2026-03-26', '2026-03-26', '2026-03-26', 1, '2026-03-26T18:00:00Z', '2026-03-26T18:00:00Z' FROM generate_series(1, $2::int) n`,
    [prefix, count],
  );
  if (more !== '') await db().query(more);
}
const missed = async () => (await db().query("SELECT activity_id || ' ' || local_date AS missed FROM occurrences WHERE state = 'missed' ORDER BY 1")).rows.map((row) => row.missed);
const told = async () => (await readOutbox(db())).map(({ value }) => JSON.parse(value));
const sweepAt = async (id: string) => (await db().query('SELECT sweep_at FROM users WHERE id = $1', [id])).rows[0].sweep_at?.toISOString();

test('each open occurrence of an ended day is missed once, whoever looks and however often', async () => {
  await seed(90);
  clock.now = '2026-03-28T00:00:00Z';
  await Promise.all([...instances, ...instances].map((instance) => instance.run()));
  await instances[0]!.run();
  const all = await told();
  expect(all).toHaveLength(180);
  expect(new Set(all.map(({ id }) => id)).size).toBe(180);
  expect((await missed()).filter((one) => one.startsWith('act_usr7 '))).toEqual(['act_usr7 2026-03-26', 'act_usr7 2026-03-27']);
  expect(all.filter(({ user_id }) => user_id === 'usr7')).toMatchObject([
    { event: 'activity.missed', timestamp: '2026-03-28T00:00:00Z', activity: { id: 'act_usr7', channel: 'api', occurrence_date: '2026-03-26', streak: { current: 0, longest: 0 } } }, { activity: { occurrence_date: '2026-03-27' } },
  ]);
  const { rows } = await db().query('SELECT DISTINCT event_sequence FROM users');
  expect(rows).toEqual([{ event_sequence: '2' }]);
});

test("a day ends when the user's clock says so", async () => {
  await seed(1, { prefix: 'east', timezone: 'Pacific/Kiritimati' });
  await seed(1, { prefix: 'west', timezone: 'Pacific/Pago_Pago' });
  clock.now = '2026-03-27T09:59:59Z';
  await instances[0]!.run();
  expect(await missed()).toEqual(['act_east1 2026-03-26']);
  expect([await sweepAt('east1'), await sweepAt('west1')]).toEqual(['2026-03-27T10:00:00.000Z', '2026-03-27T11:00:00.000Z']);
  clock.now = '2026-03-27T11:00:00Z';
  await instances[0]!.run();
  expect(await missed()).toEqual(['act_east1 2026-03-26', 'act_east1 2026-03-27', 'act_west1 2026-03-26']);
});

test('what is done, skipped, archived or a task is left alone, and a snooze past midnight has until the end of its day', async () => {
  await seed(5, {
    more: `INSERT INTO occurrences (workspace_id, activity_id, local_date, state, snoozed_until) VALUES
      ('ws', 'act_usr1', '2026-03-26', 'done', NULL), ('ws', 'act_usr2', '2026-03-26', 'skipped', NULL), ('ws', 'act_usr3', '2026-03-26', 'snoozed', '2026-03-27T00:30:00Z')`,
  });
  await db().query("UPDATE activities SET archived_at = now() WHERE id = 'act_usr4'");
  await db().query("UPDATE activities SET type = 'task' WHERE id = 'act_usr5'");
  clock.now = '2026-03-27T12:00:00Z';
  await instances[0]!.run();
  expect(await missed()).toEqual([]);
  expect([await sweepAt('usr4'), await sweepAt('usr5')]).toEqual([undefined, undefined]);
  clock.now = '2026-03-28T00:00:00Z';
  await instances[0]!.run();
  expect(await missed()).toEqual(['act_usr1 2026-03-27', 'act_usr2 2026-03-27', 'act_usr3 2026-03-26', 'act_usr3 2026-03-27']);
});

test('an instance that was away for long catches up oldest first, a month at a time', async () => {
  await seed(1);
  clock.now = '2026-06-01T08:00:00Z';
  await instances[0]!.run();
  const dates = (await told()).map(({ activity }) => String(activity.occurrence_date));
  expect(dates).toHaveLength(67);
  expect(dates).toEqual(dates.toSorted());
  expect([dates[0], dates.at(-1)]).toEqual(['2026-03-26', '2026-05-31']);
  expect(await sweepAt('usr1')).toBe('2026-06-02T00:00:00.000Z');
});

test('a crash before the commit leaves the user due, and after it nothing is told again', async () => {
  await seed(1);
  clock.now = '2026-03-27T00:00:00Z';
  const database = databases[0]!.open();
  const stop = await stack.run([database]);
  const dying = database.pool.connect();
  const client = await dying;
  // What a sweeper does before it dies: the user is taken, nothing is written.
  await client.query('BEGIN');
  await client.query("SELECT 1 FROM users WHERE sweep_at <= now() FOR NO KEY UPDATE SKIP LOCKED");
  expect(await instances[1]!.run()).toBe(0);
  client.release(true);
  await stop();
  await eventually(async () => expect(await instances[1]!.run()).toBe(1));
  expect(await instances[0]!.run()).toBe(0);
});

test('a user who is being changed right now is not waited for', async () => {
  await seed(2);
  clock.now = '2026-03-27T00:00:00Z';
  const other = await db().connect();
  await other.query('BEGIN');
  await other.query("SELECT 1 FROM users WHERE id = 'usr1' FOR UPDATE");
  expect(await instances[0]!.run()).toBe(1);
  expect(await told()).toMatchObject([{ user_id: 'usr2' }]);
  await other.query('COMMIT');
  other.release();
  expect(await instances[0]!.run()).toBe(1);
  expect(await told()).toMatchObject([{ user_id: 'usr2' }, { user_id: 'usr1' }]);
});

test('a user who cannot be judged is put off, and keeps nobody else from it', async () => {
  await seed(30);
  await db().query("UPDATE activities SET recurrence = 'nothing of the kind' WHERE id = 'act_usr3'");
  clock.now = '2026-03-27T00:00:00Z';
  expect(await instances[0]!.run()).toBe(29);
  expect(await sweepAt('usr3')).toBe('2026-03-27T01:00:00.000Z');
});

test('a running core sweeps by itself and publishes', async () => {
  await seed(1, { prefix: 'live' });
  await stack.run(createApp(loadConfig(stack.envOf('behavior-core', { DAY_SWEEP_INTERVAL_MS: '50' }))).components);
  await eventually(() => expect(events.find(({ key }) => key === 'ws:live1')?.headers).toMatchObject({ ce_type: 'activity.missed', ce_sequence: '1' }));
});
