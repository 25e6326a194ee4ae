import { gatherAnswers } from '@waggle/runtime';
import type { Redis, Result } from 'ioredis';
import type { Policy } from './limit.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    rollingLimits(keyCount: number, ...keysAndArguments: (string | number)[]): Result<number[], Context>;
  }
}

/** `resetUs`: until the oldest request counted leaves the window. */
export interface Admission {
  isAdmitted: boolean;
  remaining: number;
  resetUs: number;
}

// A log of every admitted request is the only exact rule: fixed windows allow twice the limit at their edge, GCRA nearly so.
// Redis's own clock decides, so that the clocks of instances do not matter; a test may bring its own (the fourth argument of each).
const SCRIPT = `
local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2]
local answers = {}
for index, key in ipairs(KEYS) do
  local first = (index - 1) * 4
  local limit, window, now = tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4]) or clock
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local used = redis.call('ZCARD', key)
  local admitted = 0
  if used < limit then
    redis.call('ZADD', key, now, ARGV[first + 1])
    redis.call('PEXPIRE', key, math.ceil(window / 1000))
    admitted = 1
  end
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or now
  local last = #answers
  answers[last + 1], answers[last + 2], answers[last + 3] = admitted, math.max(0, limit - used - admitted), tonumber(oldest) + window - now
end
return answers`;
const ANSWERS_EACH = 3;

interface Question {
  key: string;
  id: string;
  policy: Policy;
  nowUs: number | undefined;
}

/**
 * At most `limit` admitted in any window of that length, exactly. `id` must be new for each request: a repeated one would not count.
 * What is asked in one turn of the event loop goes to Redis as one command: commands, and not what the script does, were a fifth of ingress.
 */
export function createRollingLimit(redis: Redis) {
  redis.defineCommand('rollingLimits', { lua: SCRIPT });

  const ask = gatherAnswers<Question, Admission>(async (questions) => {
    const keys = questions.map(({ key }) => key);
    const given = questions.flatMap(({ id, policy, nowUs }) => [id, policy.limit, policy.windowUs, String(nowUs ?? '')]);
    const answers = await redis.rollingLimits(keys.length, ...keys, ...given);
    return questions.map((_, index) => toAdmission(answers.slice(index * ANSWERS_EACH)));
  }, { waitingMax: WAITING_MAX });

  return (subject: string, id: string, policy: Policy, nowUs?: number): Promise<Admission> =>
    ask({ key: `limit:${policy.name}:${subject}`, id, policy, nowUs });
}

/** Far more than a script answers within its time-out. */
const WAITING_MAX = 5_000;

const toAdmission = ([admitted, remaining = 0, resetUs = 0]: readonly number[]): Admission => ({ isAdmitted: admitted === 1, remaining, resetUs });

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
