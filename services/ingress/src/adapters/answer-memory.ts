import { randomUUID } from 'node:crypto';
import { ANSWERS_KEPT_SECONDS, answerIndexKey, erasureMarkKey, userDigest } from '@waggle/contracts';
import type { Execution, RequestIdentity, RunOnce, StoredAnswer } from '@waggle/http';
import type { Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** `ours`: nobody else has it in hand. What is not concluded is free again when its lease is over; `hold` prolongs it until what it returns is called. */
export type Claim =
  | { kind: 'ours'; hold(): () => void; conclude(digest: string, answer: StoredAnswer): Promise<void>; release(): Promise<void> }
  | { kind: 'in_progress' }
  | { kind: 'known'; digest: string; answer: StoredAnswer };

export interface AnswerMemory {
  claim(request: Identity): Promise<Claim>;
  runOnce: RunOnce;
}

type Identity = Pick<RequestIdentity, 'workspaceId' | 'id' | 'users'>;

/** Longer than an answer may take (bulk: 10 s), so short that the repeat of what a killed instance had in hand does not wait long. */
const LEASE_MS = 15_000;

const entry = z.union([
  z.object({ holder: z.string() }),
  z.object({ digest: z.string(), answer: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.string().nullable() }) }),
]);

// Only while it is ours: a lease may have ended, and another be at work. The answer and its entry with each user whom it is about (the other keys:
// index and mark of each) are written as one, so that an erasure finds it; of a user who was erased a moment ago nothing is kept.
const REPLACE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
for index = 3, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[index]) == 1 then return redis.call('DEL', KEYS[1]) end
end
local now = tonumber(redis.call('TIME')[1])
for index = 2, #KEYS, 2 do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', now - ARGV[3])
  redis.call('ZADD', KEYS[index], now, KEYS[1])
  redis.call('EXPIRE', KEYS[index], ARGV[3])
end
return redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])`;
const RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return false";
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return false";

/**
 * Idempotency-Key where there is no database: Redis remembers answers, so that they come again word for word. That nothing is done twice
 * does not hang on it: the command's id is a function of the key, and the core's inbox decides. With Redis away the core answers repeats.
 */
export function createAnswerMemory(redis: Redis, logger: Logger): AnswerMemory {
  let lastWarningAt = 0;
  const warn = (error: unknown) => {
    if (Date.now() - lastWarningAt < 1_000) return;
    lastWarningAt = Date.now();
    logger.warn({ err: error }, 'answers are not remembered');
  };

  function ours(key: string, mark: string, { workspaceId, users }: Identity): Claim {
    const run = async (script: string, keys: string[], ...args: string[]) => void (await redis.eval(script, 1 + keys.length, key, ...keys, mark, ...args).catch(warn));
    return {
      kind: 'ours',
      hold() {
        const timer = setInterval(() => void run(RENEW, [], String(LEASE_MS)), LEASE_MS / 3);
        return () => clearInterval(timer);
      },
      conclude(digest, answer) {
        const digests = [...users].map((userId) => userDigest({ workspace_id: workspaceId, user_id: userId }));
        return run(REPLACE, digests.flatMap((of) => [answerIndexKey(of), erasureMarkKey(of)]), JSON.stringify({ digest, answer }), String(ANSWERS_KEPT_SECONDS));
      },
      release: () => run(RELEASE, []),
    };
  }

  async function claim(identity: Identity): Promise<Claim> {
    const { workspaceId, id } = identity;
    const key = `idempotent:${workspaceId}:${id}`;
    const mark = JSON.stringify({ holder: randomUUID() });
    try {
      if ((await redis.set(key, mark, 'PX', LEASE_MS, 'NX')) !== null) return ours(key, mark, identity);
      const found = await redis.get(key);
      // It has ended between the two questions: the next repeat will know.
      if (found === null) return { kind: 'in_progress' };
      const known = entry.parse(JSON.parse(found));
      return 'holder' in known ? { kind: 'in_progress' } : { kind: 'known', ...known };
    } catch (error) {
      warn(error);
      return ours(key, mark, identity);
    }
  }

  return {
    claim,
    async runOnce(request, work): Promise<Execution> {
      const claimed = await claim(request);
      if (claimed.kind === 'in_progress') return claimed;
      if (claimed.kind === 'known') return claimed.digest === request.digest ? { kind: 'replayed', answer: claimed.answer } : { kind: 'reused' };
      try {
        const answer = await work();
        await claimed.conclude(request.digest, answer);
        return { kind: 'executed', answer };
      } catch (error) {
        await claimed.release();
        throw error;
      }
    },
  };
}
