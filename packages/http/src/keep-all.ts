import type { Redis, Result } from 'ioredis';

// One command, whatever is kept: a command each costs the service far more than the values cost Redis.
const SCRIPT = `
for index, key in ipairs(KEYS) do
  if ARGV[2] == 'NX' then redis.call('SET', key, ARGV[index + 2], 'EX', ARGV[1], 'NX')
  else redis.call('SET', key, ARGV[index + 2], 'EX', ARGV[1]) end
end`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    keepAll(keyCount: number, ...keysAndArguments: (string | number)[]): Result<null, Context>;
  }
}

export interface KeptValue {
  key: string;
  value: string;
}

/** Keeps values for `ttlSeconds`. `where: 'free'` leaves what stands already as it is. */
export function createKeepAll(redis: Redis, { ttlSeconds, where }: { ttlSeconds: number; where: 'free' | 'any' }) {
  redis.defineCommand('keepAll', { lua: SCRIPT });
  return async (kept: readonly KeptValue[]): Promise<void> => {
    const rule = where === 'free' ? 'NX' : 'ANY';
    await redis.keepAll(kept.length, ...kept.map(({ key }) => key), ttlSeconds, rule, ...kept.map(({ value }) => value));
  };
}
