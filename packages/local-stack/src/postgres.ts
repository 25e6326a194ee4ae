import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { askPostgres } from '@waggle/setup';
import { containerCommand } from './container.ts';
import { findPostgres, POSTGRES_IMAGE } from './find-postgres.ts';
import type { Installer } from './packages.ts';
import { unprivilegedAccount, withPrivileges, type Account } from './privileges.ts';
import { runCommand } from './run-command.ts';
import { startServer, type ServerProcess } from './server-process.ts';

interface PostgresOptions {
  /** Holds `postgres/` (the data) and the log file's folder. */
  directory: string;
  logFile: string;
  port: number;
  password: string;
  installer: Installer;
  signal?: AbortSignal | undefined;
}

/** PostgreSQL, durable as in production. Started by root it runs as another account, because it refuses to be root. */
export async function startPostgres(options: PostgresOptions): Promise<{ server: ServerProcess | null; url: string; version: string }> {
  const data = join(options.directory, 'postgres');
  const found = await findPostgres(options.installer, majorOf(data));
  if (found.kind === 'address') return { server: null, url: found.url, version: 'from POSTGRES_URL' };
  const account = unprivilegedAccount();
  const url = `postgresql://postgres:${options.password}@127.0.0.1:${options.port}/postgres`;
  const command =
    found.kind === 'binaries'
      ? await binaryCommand(found.folder, { ...options, data, account })
      : commandInContainer({ ...options, data, account });
  const server = await startServer(
    { name: 'postgres', ...command, logFile: options.logFile, stopSignal: 'SIGINT', signal: options.signal },
    () =>
      askPostgres(url, 'SELECT 1').then(
        () => true,
        () => false,
      ),
  );
  return { server, url, version: found.kind === 'binaries' ? found.version : POSTGRES_IMAGE };
}

// Room for a service's pool each and for a test run's; 64 MB is plenty for what a laptop holds. No socket file: its path would be too long in a deep folder.
// New tables are looked at soon: until then the planner knows nothing of them.
const SETTINGS = ['autovacuum_naptime=10s', 'max_connections=200', 'shared_buffers=64MB', 'max_wal_size=1GB', 'jit=off', 'log_min_messages=warning'];
const asOptions = (settings: readonly string[]) => settings.flatMap((setting) => ['-c', setting]);

interface Place extends PostgresOptions {
  data: string;
  account: Account | null;
}

async function binaryCommand(folder: string, place: Place) {
  const { data, account, port } = place;
  if (!existsSync(join(data, 'PG_VERSION'))) await initialize(folder, place);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...SETTINGS];
  return { command: join(folder, 'postgres'), args: ['-D', data, ...asOptions(settings)], account };
}

/** Everybody proves who they are with a password, the superuser too: other people may be on this machine. */
async function initialize(folder: string, { data, account, password, signal }: Place): Promise<void> {
  createDataDirectory(data, account);
  const passwordFile = join(dirname(data), 'postgres-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  try {
    const initdb = [
      join(folder, 'initdb'),
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--no-locale',
    ];
    const [file = '', ...args] = withPrivileges(initdb, { account });
    await runCommand(file, args, { signal });
  } finally {
    rmSync(passwordFile);
  }
}

function createDataDirectory(data: string, account: Account | null) {
  rmSync(data, { recursive: true, force: true }); // what an interrupted initdb has left has no PG_VERSION
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (account) chownSync(data, account.uid, account.gid);
}

function commandInContainer({ data, account, password, port, directory }: Place) {
  if (!existsSync(join(data, 'PG_VERSION'))) createDataDirectory(data, account);
  const env = { POSTGRES_PASSWORD: password, POSTGRES_HOST_AUTH_METHOD: 'scram-sha-256', PGDATA: '/data' };
  const user = account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return containerCommand({
    image: POSTGRES_IMAGE,
    name: 'postgres',
    directory,
    ports: [{ host: port, container: 5_432 }],
    volumes: [`${data}:/data`],
    env,
    account: user,
    args: asOptions(SETTINGS),
  });
}

function majorOf(data: string): number | null {
  const file = join(data, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : null;
}
