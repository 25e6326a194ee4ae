import { join } from 'node:path';
import { announceTestServers, prepareServers } from './test-servers.ts';
import { startServers, type Servers } from '@waggle/local-stack';

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
  announceTestServers(await prepareServers(servers, directory));
}
