import { behaviorEvent, toUtc } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { createLogger } from '@waggle/runtime';
import { callApi, eventually, openWindow, readOutbox, useStack } from '@waggle/testkit';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { remindUsers } from '../src/adapters/reminders/reminder-store.ts';
import { createUserSweeper } from '../src/adapters/user-sweeper.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import type { DecidedReminder } from '../src/domain/reminders/remind-user.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const db = () => stack.db('behavior-core');
const clock = { now: '2026-03-28T00:00:00Z' };
const observed: DecidedReminder[] = [];

/** An instance with a connection pool of its own, and the clock that the test moves. */
async function anInstance(name: string) {
  const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 2, timeoutMs: 15_000, name });
  await stack.run([database]);
  const deps = { pool: database.pool, perDayMax: 200, observe: (decided: readonly DecidedReminder[]) => void observed.push(...decided) };
  return createUserSweeper(
    { sweep: (request) => remindUsers(deps, request), wake() {}, now: () => new Date(clock.now), logger: createLogger('test', 'silent') },
    { name, intervalMs: 1_000_000, usersMax: 20 },
  );
}
let [first, second]: Awaited<ReturnType<typeof anInstance>>[] = [];

beforeAll(async () => {
  [first, second] = await Promise.all(['first', 'second'].map(anInstance));
});
beforeEach(async () => {
  observed.length = 0;
  await db().query('TRUNCATE users, activities, occurrences, applied_templates, reminders, channel_connections, outbox');
});

interface Seed {
  users?: number;
  prefix?: string;
  timezone?: string;
  window?: { start: string; end: string };
  /** When the scheduler expects them. */
  remindAt?: string;
}

/** Users with three daily habits each, since March 1st, whose window is in the morning unless another is given. */
async function seed({ users = 1, prefix = 'usr', timezone = 'UTC', window = { start: '08:00', end: '12:00' }, remindAt = '2026-03-28T00:00:00Z' }: Seed = {}) {
  await db().query('INSERT INTO users (workspace_id, id, timezone, remind_at) SELECT $4, $1 || n, $2, $5 FROM generate_series(1, $3::int) n', [prefix, timezone, users, 'ws', remindAt]);
  await db().query(
    `INSERT INTO activities (workspace_id, id, user_id, type, name, channels, starts_on, window_start, window_end, version, created_at, updated_at)
     SELECT 'ws', 'act_' || $1 || n || '_' || m, $1 || n, 'habit', 'Read', '{telegram}', '2026-03-01', $3, $4, 1, now(), now() FROM generate_series(1, $2::int) n, generate_series(1, 3) m`,
    [prefix, users, window.start, window.end],
  );
}
/** How many reminders were sent at that time. */
const at = async (now: string, ...instances: (typeof first)[]) => {
  clock.now = now;
  const counts = await Promise.all((instances.length === 0 ? [first] : instances).map((instance) => instance!.run()));
  return counts.reduce((sum, count) => sum + count);
};
const told = async () => (await readOutbox(db())).map(({ value, headers }) => ({ ...JSON.parse(value), sequence: headers.ce_sequence }));
/** To whom. */
async function usersAt(now: string, ...instances: (typeof first)[]): Promise<string[]> {
  const before = new Set((await told()).map(({ id }) => id));
  await at(now, ...instances);
  return (await told()).filter(({ id }) => !before.has(id)).map(({ user_id }) => user_id);
}
const remindAt = async (id: string) => (await db().query('SELECT remind_at FROM users WHERE id = $1', [id])).rows[0]?.remind_at?.toISOString() ?? null;
const outcomes = () => Object.fromEntries([...Map.groupBy(observed, ({ outcome }) => outcome)].map(([outcome, all]) => [outcome, all.length]));

test('each reminder is sent once, whoever looks and however often, and the clock of the user decides when', async () => {
  await seed({ users: 45 });
  await seed({ prefix: 'east', timezone: 'Asia/Tokyo', remindAt: '2026-03-27T23:00:00Z' });
  expect(await at('2026-03-27T23:00:10Z')).toBe(3);
  expect(await at('2026-03-28T00:00:00Z')).toBe(0);
  expect([await remindAt('usr1'), await remindAt('east1')]).toEqual(['2026-03-28T08:00:00.000Z', '2026-03-28T02:50:00.000Z']);
  expect(await usersAt('2026-03-28T02:50:00Z')).toEqual(['east1', 'east1', 'east1']);
  expect(await at('2026-03-28T07:59:59Z', first, second)).toBe(0);
  expect(await at('2026-03-28T08:00:00Z', first, second, first, second)).toBe(135);
  expect(await at('2026-03-28T08:00:01Z', first, second)).toBe(0);

  const nudges = (await told()).filter(({ timestamp }) => timestamp === '2026-03-28T08:00:00Z');
  expect(new Set(nudges.map(({ id }) => id)).size).toBe(135);
  expect(nudges.filter(({ user_id }) => user_id === 'usr7')).toEqual([1, 2, 3].map((n) => ({
    event: 'reminder.sent', timestamp: '2026-03-28T08:00:00Z', user_id: 'usr7', workspace_id: 'ws', id: expect.stringMatching(/^evt_/), sequence: String(n),
    reminder: { id: expect.stringMatching(/^rem_/), type: 'nudge', name: 'Read', channel: 'feed', activity_id: `act_usr7_${n}`, activity_type: 'habit', scheduled_for: '2026-03-28T08:00:00Z' },
  })));
  expect((await db().query("SELECT DISTINCT slot, outcome FROM reminders WHERE user_id LIKE 'usr%'")).rows).toEqual([{ slot: 'nudge', outcome: 'sent' }]);
  expect((await db().query("SELECT DISTINCT event_sequence, reminded_on::text, reminded_count FROM users WHERE id LIKE 'usr%'")).rows).toEqual([{ event_sequence: '3', reminded_on: '2026-03-28', reminded_count: 3 }]);
});

test('after an outage what is in time is sent once, and what is not is dropped and counted', async () => {
  await seed({ users: 30 });
  await at('2026-03-28T00:00:00Z');
  expect(await at('2026-03-28T08:30:00Z', first, second)).toBe(90);
  expect(await at('2026-03-29T08:30:01Z', first, second)).toBe(0);
  expect(outcomes()).toEqual({ sent: 90, late: 180 });
  expect(await at('2026-03-29T11:50:00Z', first, second)).toBe(90);
  expect(await at('2026-03-29T11:50:00Z', first, second)).toBe(0);
});

test('a crash before the commit leaves the user due, and another instance does not wait for it', async () => {
  await seed({ users: 2 });
  await at('2026-03-28T00:00:00Z');
  const dying = await db().connect();
  // What an instance does before it dies: the user is taken, nothing is written.
  await dying.query('BEGIN');
  await dying.query("SELECT 1 FROM users WHERE id = 'usr1' FOR NO KEY UPDATE SKIP LOCKED");
  expect(await usersAt('2026-03-28T08:00:00Z', second)).toEqual(['usr2', 'usr2', 'usr2']);
  dying.release(true);
  await eventually(async () => expect(await at('2026-03-28T08:00:10Z', second)).toBe(3));
  expect(await at('2026-03-28T08:00:20Z', first)).toBe(0);
});

test('a user who cannot be judged is put off, and keeps nobody else from it', async () => {
  await seed({ users: 30 });
  await at('2026-03-28T00:00:00Z');
  await db().query("UPDATE activities SET recurrence = 'nothing of the kind' WHERE id = 'act_usr3_1'");
  expect(await at('2026-03-28T08:00:00Z')).toBe(87);
  expect(await remindAt('usr3')).toBe('2026-03-28T09:00:00.000Z');
});

test('the end of a snooze that began long ago is nudged for once, whatever is looked at after it', async () => {
  await seed();
  await db().query(
    "INSERT INTO occurrences (workspace_id, activity_id, local_date, state, scheduled, snoozed_until) VALUES ('ws', 'act_usr1_1', '2026-03-10', 'snoozed', true, '2026-03-28T07:00:00Z')",
  );
  expect(await at('2026-03-28T07:00:00Z')).toBe(1);
  await db().query("UPDATE users SET remind_at = '2026-03-28T07:10:00Z'");
  expect(await at('2026-03-28T07:10:00Z')).toBe(0);
  expect(await remindAt('usr1')).toBe('2026-03-28T08:00:00.000Z');
});

test('who is due is read from an index, whatever the number of users, and nobody who is due is left out', async () => {
  await seed({ users: 5_000, remindAt: '2026-03-29T00:00:00Z' });
  await db().query("UPDATE users SET remind_at = '2026-03-28T08:00:00Z' WHERE id IN ('usr7', 'usr77')");
  await db().query('ANALYZE users');
  const { rows } = await db().query("EXPLAIN SELECT id FROM users WHERE remind_at <= '2026-03-28T08:00:00Z' ORDER BY remind_at LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED");
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Index Scan using users_remind_at_idx');
  expect(plan).not.toMatch(/Seq Scan|Sort/);
  expect(new Set(await usersAt('2026-03-28T08:00:00Z'))).toEqual(new Set(['usr7', 'usr77']));
});

test('killed while it sends, the core sends each reminder once', async () => {
  await seed({ users: 1_000, window: openWindow(), remindAt: new Date(Date.now() - 120_000).toISOString() });
  const sent = async () => Number((await db().query("SELECT count(*) FROM reminders WHERE outcome = 'sent'")).rows[0].count);
  // It leaves alone whom somebody else holds, so it cannot be done before it is killed.
  const holder = await db().connect();
  await holder.query("BEGIN; SELECT FROM users WHERE id = 'usr7' FOR UPDATE");
  const core = await stack.start('behavior-core', { REMINDER_INTERVAL_MS: '20' });
  await eventually(async () => expect(await sent()).toBeGreaterThan(600), { intervalMs: 5 });
  process.kill(core.pid, 'SIGKILL');
  await core.ended;
  expect(await sent()).toBeLessThan(3_000);
  await holder.query('ROLLBACK');
  holder.release();
  await core.restart();
  await eventually(async () => expect(await sent()).toBe(3_000), { timeoutMs: 60_000 });
  const published = () => events.filter(({ key }) => key.startsWith('ws:usr')).map(({ headers }) => headers['ce_id']);
  await eventually(() => expect(new Set(published()).size).toBe(3_000));
  const { rows } = await db().query('SELECT DISTINCT event_sequence FROM users');
  expect(rows).toEqual([{ event_sequence: '3' }]);
  await core.stop();
}, 90_000);

test('whatever changes is looked at by itself: creations, snoozes, definitions, settings', async () => {
  await stack.run(createApp(loadConfig(stack.envOf('behavior-core', { REMINDER_INTERVAL_MS: '20' }))).components);
  const { systemKey: key, workspaceId } = await stack.createWorkspace();
  const call = async (method: string, path: string, body?: unknown) => (await callApi(method, `${stack.urlOf('behavior-core')}/v1${path}`, { key, body })).body;
  const remindersOf = (userId: string) => events.filter((event) => event.key === `${workspaceId}:${userId}` && event.headers['ce_type'] === 'reminder.sent').map(({ value }) => JSON.parse(value).reminder);

  // In an open window: at once. An hour that has passed: tomorrow.
  const schedule = { window: openWindow() };
  const habit = await call('POST', '/activities', { user_id: 'usr_live', type: 'habit', name: 'Read', schedule });
  await call('POST', '/activities', { user_id: 'usr_live', type: 'habit', name: 'Run', schedule, reminders: { enabled: false } });
  await eventually(() => expect(remindersOf('usr_live')).toMatchObject([{ type: 'nudge', activity_id: habit.id, channel: 'feed' }]));

  // In one that is open since yesterday too, where the day has just begun.
  const hour = new Date().getUTCHours();
  await call('PUT', '/users/usr_night/settings', { timezone: hour <= 12 ? `Etc/GMT+${hour}` : `Etc/GMT-${24 - hour}` });
  const night = await call('POST', '/activities', { user_id: 'usr_night', type: 'habit', name: 'Sleep', schedule: { window: { start: '20:00', end: '06:00' } } });
  expect(night.today.date < night.schedule.starts_on).toBe(true);
  await eventually(() => expect(remindersOf('usr_night')).toMatchObject([{ type: 'nudge', activity_id: night.id }]));

  // A snooze moves it, to the second.
  const until = toUtc(new Date(Date.now() + 5_000));
  await call('POST', `/activities/${habit.id}/snooze`, { until });
  await eventually(() => expect(remindersOf('usr_live')).toHaveLength(2));
  expect(remindersOf('usr_live')[1]).toMatchObject({ type: 'nudge', scheduled_for: until });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));

  // A snooze that is told of after its end: at once. One of long ago: not.
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  await call('POST', `/activities/${night.id}/snooze`, { at: ago(50), snooze_minutes: 5 });
  await call('POST', `/activities/${night.id}/snooze`, { at: ago(3), snooze_minutes: 2 });
  await eventually(() => expect(remindersOf('usr_night')).toHaveLength(2));
  expect(Date.now() - Date.parse(remindersOf('usr_night')[1].scheduled_for)).toBeLessThan(120_000);

  // A definition: the second one has no window until it gets one.
  const other = await call('POST', '/activities', { user_id: 'usr_other', type: 'task', name: 'Pay' });
  await eventually(async () => expect(await remindAt('usr_other')).toBeNull());
  await call('PATCH', `/activities/${other.id}`, { schedule: { due_at: new Date(Date.now() + 2 * 86_400_000).toISOString() } });
  await eventually(async () => expect(await remindAt('usr_other')).not.toBeNull());
  const before = await remindAt('usr_other');
  await call('PUT', '/users/usr_other/settings', { preferred_reminder_hour: Number(before.slice(11, 13)) === 9 ? 10 : 9, timezone: 'Asia/Kolkata' });
  await eventually(async () => expect((await remindAt('usr_other')).slice(14, 16)).toBe('30'));
});
