import { warnSeldom, type Component, type Logger } from '@waggle/runtime';
import { Redis } from 'ioredis';

const COMMAND_TIMEOUT_MS = 100;

/** Fails at once while Redis is away: nothing that is asked of it on the way of a request is worth waiting for. */
export function createRedis(url: string, logger: Logger): Component & { client: Redis } {
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 1_000,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
  });
  client.on('error', warnSeldom(logger, 'redis'));
  return {
    name: 'redis',
    client,
    // A service starts without Redis too: it is only ever degraded by its absence.
    start: () => client.connect().catch(() => {}),
    stop: async () => client.disconnect(),
    health: () => null,
  };
}
