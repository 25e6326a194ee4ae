import type { Pool } from 'pg';

/** Users `usr_0`… of `ws_demo` in Berlin, with one habit `act_0`… each. */
export async function seedHabits(db: Pool, count: number): Promise<void> {
  await db.query("INSERT INTO workspaces (id, name) VALUES ('ws_demo', 'demo') ON CONFLICT DO NOTHING");
  await db.query("INSERT INTO users (workspace_id, id, timezone) SELECT 'ws_demo', 'usr_' || n, 'Europe/Berlin' FROM generate_series(0, $1::int - 1) n", [count]);
  await db.query(
    `INSERT INTO activities (workspace_id, id, user_id, type, name, channels, starts_on, version, created_at, updated_at)
     SELECT 'ws_demo', 'act_' || n, 'usr_' || n, 'habit', 'Drink water', '{telegram}', '2026-01-01', 1, now(), now() FROM generate_series(0, $1::int - 1) n`,
    [count],
  );
}
