import pg from 'pg';
import type { ServiceDatabase } from './databases.ts';

// Two setup jobs at once would both create; the second waits here and then finds it done.
const TAKE_TURNS = `SELECT pg_advisory_lock(hashtext('waggle setup'))`;

/**
 * One database and one login role per service, each role able to connect to its own database only.
 * Idempotent: a second run changes nothing but the passwords, to the ones it is given.
 */
export async function setupDatabases(superuserUrl: string, databases: readonly Omit<ServiceDatabase, 'service'>[]): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query(TAKE_TURNS);
    for (const { database, role, password } of databases) {
      const [roleName, databaseName] = [client.escapeIdentifier(role), client.escapeIdentifier(database)];
      if (!(await exists(client, 'SELECT FROM pg_roles WHERE rolname = $1', role))) await client.query(`CREATE ROLE ${roleName}`);
      await client.query(`ALTER ROLE ${roleName} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${client.escapeLiteral(password)}`);
      if (!(await exists(client, 'SELECT FROM pg_database WHERE datname = $1', database)))
        await client.query(`CREATE DATABASE ${databaseName} OWNER ${roleName}`);
      await client.query(`REVOKE ALL ON DATABASE ${databaseName} FROM PUBLIC`);
    }
    await client.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
  } finally {
    await client.end();
  }
}

async function exists(client: pg.Client, sql: string, name: string): Promise<boolean> {
  const { rowCount } = await client.query(sql, [name]);
  return rowCount === 1;
}
