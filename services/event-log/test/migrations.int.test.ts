import { useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';

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
  ]);
  expect(tables.rows.map(({ table_name: name }) => name)).toEqual(['_prisma_migrations', 'erased_users', 'events', 'log_epoch']);
  expect(epochs.rows).toEqual([{ epoch: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
});
