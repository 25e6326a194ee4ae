import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createEventStore } from '../src/adapters/event-store.ts';
import { toLogEntry } from '../src/domain/log-entry.ts';
import { cutPage } from '../src/domain/page-cut.ts';
import { toSelection } from '../src/domain/selection.ts';
import { anEvent } from './an-event.ts';

const stack = useStack();

// A record alone is no table.
test('the migrations are recorded as finished, their tables exist, and the log has its one epoch', async () => {
  const db = stack.db('event-log');
  const migrations = await db.query('SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1');
  const tables = await db.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`);
  const epochs = await db.query('SELECT epoch FROM log_epoch');
  expect(migrations.rows).toEqual([
    { migration_name: '20261125120000_create_event_tables' },
    { migration_name: '20261125132000_remember_erased_users' },
    { migration_name: '20261128180000_remember_what_was_dropped' },
    { migration_name: '20261128210000_bound_the_positions_so_far' },
    { migration_name: '20261128210100_check_the_positions_so_far' },
    { migration_name: '20261128210200_partition_the_events' },
  ]);
  expect(tables.rows.map(({ table_name: name }) => name)).toEqual(['_prisma_migrations', 'erased_users', 'events', 'events_before', 'log_epoch']);
  expect(epochs.rows).toEqual([{ epoch: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
});

const FOLDER = join(import.meta.dirname, '../prisma/migrations');

test('a log with events from before its partitions keeps them, its cursors lead on, and a redelivered event finds its first', async () => {
  const db = stack.db('event-log');
  await db.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const names = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).toSorted();
  const apply = async (some: readonly string[]) => { for (const name of some) await db.query(readFileSync(join(FOLDER, name, 'migration.sql'), 'utf8')); };
  const split = names.indexOf('20261128210000_bound_the_positions_so_far');
  await apply(names.slice(0, split));
  const old = Array.from({ length: 5 }, () => anEvent());
  await db.query(`INSERT INTO events (workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body)
    SELECT 'ws_demo', id, 'activity.completed', 'usr_abc123', 'act_xyz789', now(), timestamptz '2026-11-01 00:00Z' + n * interval '1 day', format('{"id":"%s"}', id) FROM unnest($1::text[]) WITH ORDINALITY AS given(id, n)`, [old.map(({ id }) => id)]);
  await apply(names.slice(split));

  const store = createEventStore({ pool: db, metrics: new Registry() });
  const fresh = anEvent();
  await store.record([old[4]!, old[0]!, fresh].map((event) => toLogEntry(event, event)));
  const { rows } = await db.query('SELECT event_id, tableoid::regclass::text AS partition FROM events ORDER BY position');
  expect(rows.map(({ event_id: id }) => id)).toEqual([...old, fresh].map(({ id }) => id));
  expect(rows.map(({ partition }) => partition)).toEqual([...old.map(() => 'events_before'), expect.stringMatching(/^events_\d{8}/)]);

  const read = async (filters: object, after: number) => {
    const { shown } = cutPage(await store.readPage(toSelection({ order: 'asc', ...filters }, { workspaceId: 'ws_demo', userId: undefined, isSystemKey: true }), { after, limit: 50 }), { limit: 50, after });
    return shown.map(({ body }) => JSON.parse(body).id);
  };
  const all = [...old, fresh].map(({ id }) => id);
  // A cursor from before, behind the second.
  expect(await read({}, 2)).toEqual(all.slice(2));
  expect(await read({ recorded_since: '2026-11-04T00:00:00Z' }, 0)).toEqual(all.slice(2));
  expect(await read({ recorded_until: '2026-11-04T00:00:00Z' }, 0)).toEqual(all.slice(0, 2));
});
