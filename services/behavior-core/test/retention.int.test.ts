import { createCleaner } from '@waggle/database';
import { createLogger } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { retentionTasks } from '../src/adapters/retention.ts';

const stack = useStack();

test('what is kept for a time only goes after it, and not before', async () => {
  const db = stack.db('behavior-core');
  await db.query(`INSERT INTO inbox (id, result, decided_at) SELECT 'cmd_' || days, '{}', now() - days * interval '1 day' FROM unnest(ARRAY[1, 89, 91]) AS days`);
  await db.query(`INSERT INTO operations (workspace_id, id, kind, command_id, outcome, accepted_at)
    SELECT 'ws_1', 'op_' || days, 'inbound', 'cmd', 'processed', now() - days * interval '1 day' FROM unnest(ARRAY[1, 29, 31]) AS days`);
  await db.query(`INSERT INTO bulk_operations (workspace_id, id, is_synchronous, total, accepted_at)
    SELECT 'ws_1', 'op_' || days, false, 2, now() - days * interval '1 day' FROM unnest(ARRAY[1, 29, 31]) AS days`);
  await db.query(`INSERT INTO bulk_results (workspace_id, operation_id, index, status)
    SELECT 'ws_1', 'op_' || days, n, 'processed' FROM unnest(ARRAY[1, 29, 31]) AS days, generate_series(0, 1) n`);
  await db.query(`INSERT INTO portal_sessions (workspace_id, id, code_sha256, expires_at)
    SELECT 'ws_1', 'pss_' || hours, hours, now() - hours * interval '1 hour' FROM unnest(ARRAY[1, 23, 25]) AS hours`);

  await stack.run([createCleaner(retentionTasks(db), { intervalMs: 10, logger: createLogger('test', 'silent') })]);
  const idsIn = async (table: string, column = 'id') => (await db.query(`SELECT DISTINCT ${column} AS id FROM ${table} ORDER BY 1`)).rows.map(({ id }) => id);
  await eventually(async () => expect(await idsIn('bulk_operations')).toEqual(['op_1', 'op_29']));
  expect(await idsIn('portal_sessions')).toEqual(['pss_1', 'pss_23']);
  expect(await idsIn('inbox')).toEqual(['cmd_1', 'cmd_89']);
  expect(await idsIn('operations')).toEqual(['op_1', 'op_29']);
  expect(await idsIn('bulk_results', 'operation_id')).toEqual(['op_1', 'op_29']);
});
