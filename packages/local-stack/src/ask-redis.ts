import { Redis } from 'ioredis';

/** One question on a connection of its own, for at most two seconds. */
export async function askRedis(url: string, [command, ...args]: readonly [string, ...string[]]): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => (reason = error)); // says more than the rejection that follows
  try {
    await redis.connect();
    return String(await redis.call(command, ...args));
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}
