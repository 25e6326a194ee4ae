import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startServers } from '@waggle/local-stack';
import { prepareServers } from '@waggle/testkit';
import { afterAll } from '@jest/globals';

/** Servers that a test may kill. */
export async function useOwnServers(name: string) {
  const directory = join(import.meta.dirname, '../../.waggle/test', `${process.pid}-${name}`);
  mkdirSync(directory, { recursive: true });
  const servers = await startServers(directory, { isShortLived: true });
  const testServers = await prepareServers(servers, directory);
  const stop = async () => {
    await servers.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return {
    testServers,
    stop,
    server(wanted: 'kafka' | 'postgres' | 'redis') {
      const found = servers.servers.find(({ name: given }) => given === wanted);
      if (found === undefined) throw new Error(`no server ${wanted} of our own`);
      return found;
    },
  };
}

/** To be called after `useStack`: Jest runs these in the order in which they were registered. */
export function stopAfterwards(stop: () => Promise<void>): void {
  afterAll(stop, 60_000);
}
