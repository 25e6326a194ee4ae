import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { readTestServers } from '@waggle/testkit';
import { askPostgres } from '../src/ask-postgres.ts';
import { urlOfServiceDatabase } from '../src/databases.ts';
import { assertMigrated, migrate } from '../src/migrate.ts';
import { setupDatabases } from '../src/setup-databases.ts';

const { postgresUrl } = readTestServers();
const id = `s${randomUUID().slice(0, 8)}`;
const anOwner = (name: string) => ({ database: `${id}_${name}`, role: `${id}_${name}_role`, password: `${name} 'secret'` });
const [first, second] = [anOwner('first'), anOwner('second')];

afterAll(async () => {
  for (const { database, role } of [first, second]) {
    await askPostgres(postgresUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await askPostgres(postgresUrl, `DROP ROLE IF EXISTS ${role}`);
  }
});

const enter = (owner: typeof first, database = owner.database) =>
  askPostgres(urlOfServiceDatabase(postgresUrl, { ...owner, database }), 'SELECT current_user::text');

test('a role can connect to its own database and to no other, with its own password only', async () => {
  await setupDatabases(postgresUrl, [first, second]);
  expect(await enter(first)).toBe(first.role);
  await expect(enter(first, second.database)).rejects.toThrow('permission denied');
  await expect(enter(first, 'postgres')).rejects.toThrow('permission denied');
  await expect(enter(first, 'template1')).rejects.toThrow('permission denied');
  await expect(enter({ ...first, password: second.password })).rejects.toThrow('password authentication failed');
});

test('setting up again, twice at once and with another password, keeps what is there', async () => {
  const url = urlOfServiceDatabase(postgresUrl, first);
  await askPostgres(url, 'CREATE TABLE kept (id int)');
  const changed = { ...first, password: 'another' };
  await Promise.all([setupDatabases(postgresUrl, [changed, second]), setupDatabases(postgresUrl, [changed, second])]);
  expect(await askPostgres(urlOfServiceDatabase(postgresUrl, changed), `SELECT to_regclass('kept')::text`)).toBe('kept');
  await expect(enter(first)).rejects.toThrow('password authentication failed');
});

test('migrations are applied as the owner, once; a database without them is told from one with them', async () => {
  const url = urlOfServiceDatabase(postgresUrl, second);
  await expect(assertMigrated('behavior-core', url)).rejects.toThrow(/behavior-core: 0 of \d+ migrations are recorded; missing: \d+_/);
  await migrate('behavior-core', url);
  await migrate('behavior-core', url);
  await assertMigrated('behavior-core', url);
  expect(await askPostgres(url, 'SELECT count(DISTINCT migration_name) = count(*) FROM _prisma_migrations')).toBe(true);
});
