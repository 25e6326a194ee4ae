import { join } from 'node:path';
import { migrate, startServers, type Servers } from '@waggle/local-stack';
import { createDatabase, OWNERS, templateOf, urlOfDatabase } from './databases.ts';
import { announceTestServers } from './test-servers.ts';

declare global {
  var servers: Servers | undefined;
  var serversDirectory: string | undefined;
}

/** Jest's globalSetup: real servers once per run, in a directory of their own, and a migrated template of each database to clone. */
export default async function start(): Promise<void> {
  const directory = join(import.meta.dirname, '../../../.waggle/test', String(process.pid));
  globalThis.serversDirectory = directory;
  const servers = await startServers(directory, { isShortLived: true });
  globalThis.servers = servers;
  const { kafkaBroker, kafkaPid, postgresUrl, redisUrl } = servers;
  announceTestServers({ kafkaBroker, kafkaPid, postgresUrl, redisUrl, logs: join(directory, 'logs') });
  await Promise.all(OWNERS.map(async (owner) => {
    await createDatabase(postgresUrl, templateOf(owner));
    await migrate(owner, urlOfDatabase(postgresUrl, templateOf(owner)));
  }));
}
