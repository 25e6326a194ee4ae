import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { cpuSeconds } from './cpu.ts';
import { offsetsOf } from './kafka-offsets.ts';
import type { BenchmarkStack } from './stack.ts';

const TOPIC = 'public.behavior.event.v1';
const PER_USER = 10;
const MINUTE_MS = 60_000;

/** Many reminders that become due at one moment: how fast they are decided, and how fast they are in the topic. */
export async function measureReminders(stack: BenchmarkStack, { reminders }: { reminders: number }): Promise<string[]> {
  const db = new pg.Pool({ connectionString: stack.databases.behavior, max: 2 });
  const dueMs = Math.ceil((Date.now() + 20_000) / MINUTE_MS) * MINUTE_MS;
  await seed(db, reminders / PER_USER, dueMs);
  const written = async () => (await offsetsOf(stack.kafka, { topic: TOPIC, groupId: 'outbound-dispatcher.behavior-event' })).written;
  const before = { written: await written(), cpu: cpuSeconds(stack.processes) };
  await pause(dueMs - Date.now());
  // Until the first poll nobody looks.
  const firstMs = await until(async () => (await decided(db)) > 0);
  const decidedMs = await until(async () => (await decided(db)) >= reminders);
  const emittedMs = await until(async () => (await written()) - before.written >= reminders);
  const after = cpuSeconds(stack.processes);
  const { rows } = await db.query("SELECT max(decided_at - due_at)::text AS latest FROM reminders WHERE outcome = 'sent'");
  await db.end();
  const rate = (ms: number) => Math.round(reminders / ((ms - dueMs) / 1_000));
  const cpu = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, Number((((value - (before.cpu[name] ?? 0)) / reminders) * 1_000).toFixed(3))]));
  console.log(JSON.stringify({ name: `${reminders} reminders due at once`, firstAfterMs: firstMs - dueMs, decidedPerSecond: rate(decidedMs), emittedPerSecond: rate(emittedMs), latest: rows[0].latest, cpuSecondsPer1000: cpu }));
  return [`reminders: ${reminders} due at once for ${reminders / PER_USER} users, ${rate(decidedMs)}/s decided, ${rate(emittedMs)}/s in the topic`];
}

const decided = async (db: pg.Pool) => Number((await db.query("SELECT count(*) FROM reminders WHERE outcome = 'sent'")).rows[0].count);

async function until(isSo: () => Promise<boolean>): Promise<number> {
  while (!(await isSo())) await pause(50);
  return Date.now();
}

/** Ten habits each, whose windows begin at that minute. By SQL: it is not the creation that is measured. */
async function seed(db: pg.Pool, users: number, dueMs: number) {
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  await db.query("INSERT INTO users (workspace_id, id, remind_at) SELECT 'ws_reminders', 'usr_' || n, $2 FROM generate_series(1, $1::int) n", [users, new Date(dueMs).toISOString()]);
  await db.query(
    `INSERT INTO activities (workspace_id, id, user_id, type, name, channels, starts_on, window_start, window_end, version, created_at, updated_at)
     SELECT 'ws_reminders', 'act_' || n || '_' || m, 'usr_' || n, 'habit', 'Drink water', '{telegram}', '2026-01-01', $3, $4, 1, now(), now()
     FROM generate_series(1, $1::int) n, generate_series(1, $2::int) m`,
    [users, PER_USER, time(dueMs), time(dueMs + 6 * 60 * MINUTE_MS)],
  );
  await db.query('ANALYZE users');
  await db.query('ANALYZE activities');
  const { rows } = await db.query('EXPLAIN (ANALYZE, BUFFERS) SELECT id FROM users WHERE remind_at <= $1 ORDER BY remind_at LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED', [new Date(dueMs).toISOString()]);
  console.log(rows.map((row) => row['QUERY PLAN']).join('\n'));
}
