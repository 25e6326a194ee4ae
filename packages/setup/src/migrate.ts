import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { REPOSITORY } from './repository.ts';

const run = promisify(execFile);
const migrationsOf = (service: string) => join(REPOSITORY, 'services', service, 'prisma/migrations');

export const hasMigrations = (service: string) => existsSync(migrationsOf(service));

/** Brings a service's database up to its migrations, and then looks: a deploy that says success and did nothing has been seen. */
export async function migrate(service: string, databaseUrl: string): Promise<void> {
  const folder = migrationsOf(service);
  const expected = readMigrations(folder);
  if ((await findMissing(expected, databaseUrl)).length === 0) return; // a second's work saved at most starts
  const script = join(REPOSITORY, 'scripts/migrate-deploy.mjs');
  await run(process.execPath, [script, folder], { env: { ...process.env, DATABASE_URL: databaseUrl }, cwd: REPOSITORY });
  await assertMigrated(service, databaseUrl);
}

export async function assertMigrated(service: string, databaseUrl: string): Promise<void> {
  const expected = readMigrations(migrationsOf(service));
  const missing = await findMissing(expected, databaseUrl);
  if (missing.length > 0)
    throw new Error(
      `${service}: ${expected.length - missing.length} of ${expected.length} migrations are recorded; missing: ${missing.join(', ')}`,
    );
}

interface Migration {
  name: string;
  checksum: string;
}

function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  return names.map((name) => ({
    name,
    checksum: createHash('sha256')
      .update(readFileSync(join(folder, name, 'migration.sql')))
      .digest('hex'),
  }));
}

const FINISHED = 'SELECT migration_name || checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL';

async function findMissing(expected: readonly Migration[], connectionString: string): Promise<string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const table = await client.query(`SELECT to_regclass('_prisma_migrations') IS NULL AS "isNew"`);
    const recorded = table.rows[0].isNew ? [] : (await client.query({ text: FINISHED, rowMode: 'array' })).rows.flat();
    return expected.filter(({ name, checksum }) => !recorded.includes(name + checksum)).map(({ name }) => name);
  } finally {
    await client.end();
  }
}
