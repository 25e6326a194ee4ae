import type { Redis, Result } from 'ioredis';
import type { Policy } from './limit.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    rollingLimit(key: string, member: string, limit: number, windowUs: number, nowUs: string): Result<[0 | 1, number, number], Context>;
  }
}

/** `resetUs`: until the oldest request counted leaves the window. */
export interface Admission {
  isAdmitted: boolean;
  remaining: number;
  resetUs: number;
}

// A log of every admitted request is the only exact rule: fixed windows allow twice the limit at their edge, GCRA nearly so.
// Redis's own clock decides, so that the clocks of instances do not matter; a test may bring its own (ARGV[4]).
const SCRIPT = `
local time = redis.call('TIME')
local now = tonumber(ARGV[4]) or time[1] * 1000000 + time[2]
local limit, window = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local used = redis.call('ZCARD', KEYS[1])
local admitted = 0
if used < limit then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
  admitted = 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or now
return {admitted, math.max(0, limit - used - admitted), tonumber(oldest) + window - now}`;

/** At most `limit` admitted in any window of that length, exactly. `id` must be new for each request: a repeated one would not count. */
export function createRollingLimit(redis: Redis) {
  redis.defineCommand('rollingLimit', { numberOfKeys: 1, lua: SCRIPT });
  return async (subject: string, id: string, { name, limit, windowUs }: Policy, nowUs?: number): Promise<Admission> => {
    const [admitted, remaining, resetUs] = await redis.rollingLimit(`limit:${name}:${subject}`, id, limit, windowUs, String(nowUs ?? ''));
    return { isAdmitted: admitted === 1, remaining, resetUs };
  };
}

/** The same rule within one process, for the time when Redis is away. */
export function createLocalLimit() {
  const logs = new Map<string, number[]>();
  let checkedAtUs = 0;

  /** Subjects whose last request has left every window are forgotten, once a minute. */
  function forgetIdle(nowUs: number, windowUs: number) {
    if (nowUs - checkedAtUs < windowUs) return;
    checkedAtUs = nowUs;
    for (const [key, log] of logs) if ((log.at(-1) ?? 0) <= nowUs - windowUs) logs.delete(key);
  }

  return (subject: string, { name, limit, windowUs }: Policy, nowUs: number = Date.now() * 1_000): Admission => {
    forgetIdle(nowUs, windowUs);
    const key = `${name}:${subject}`;
    const admitted = (logs.get(key) ?? []).filter((at) => at > nowUs - windowUs);
    const isAdmitted = admitted.length < limit;
    if (isAdmitted) admitted.push(nowUs);
    logs.set(key, admitted);
    return { isAdmitted, remaining: Math.max(0, limit - admitted.length), resetUs: (admitted[0] ?? nowUs) + windowUs - nowUs };
  };
}
