import { join } from 'node:path';
import { startServers } from '@waggle/local-stack';
import type { RunningServers } from './start-containers.ts';
import { announceTestServers, prepareServers } from './test-servers.ts';

declare global {
  var servers: RunningServers | undefined;
  var serversDirectory: string | undefined;
}

/** Jest's globalSetup: real servers once per run, in a directory of their own, and a migrated template of each database to clone. */
export default async function start(): Promise<void> {
  const directory = join(import.meta.dirname, '../../../.waggle/test', String(process.pid));
  globalThis.serversDirectory = directory;
  const servers = await startProvided(process.env['TEST_SERVERS'] ?? 'processes', directory);
  globalThis.servers = servers;
  announceTestServers(await prepareServers(servers, directory));
}

async function startProvided(provider: string, directory: string): Promise<RunningServers> {
  if (provider === 'processes') return startServers(directory, { isShortLived: true });
  if (provider !== 'testcontainers') throw new Error(`TEST_SERVERS=${provider}: there are processes (the default) and testcontainers`);
  const { startContainers } = await import('./start-containers.ts'); // slow to load, and seldom asked for
  return startContainers();
}
