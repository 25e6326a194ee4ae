import { randomUUID } from 'node:crypto';
import type { Execution, RequestIdentity, RunOnce, StoredAnswer } from '@waggle/http';
import type { Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** `ours`: nobody else has it in hand. What is not concluded is free again when its lease is over. */
export type Claim =
  | { kind: 'ours'; renew(): Promise<void>; conclude(digest: string, answer: StoredAnswer): Promise<void>; release(): Promise<void> }
  | { kind: 'in_progress' }
  | { kind: 'known'; digest: string; answer: StoredAnswer };

export interface AnswerMemory {
  claim(request: Pick<RequestIdentity, 'workspaceId' | 'id'>): Promise<Claim>;
  runOnce: RunOnce;
}

const KEPT_SECONDS = 86_400;
/** Longer than an answer may take (bulk: 10 s), so short that the repeat of what a killed instance had in hand does not wait long. */
const LEASE_MS = 15_000;

const entry = z.union([
  z.object({ holder: z.string() }),
  z.object({ digest: z.string(), answer: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.string().nullable() }) }),
]);

// Only while it is ours: a lease may have ended, and another be at work.
const REPLACE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end return false";
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

  function ours(key: string, mark: string): Claim {
    const run = async (script: string, ...args: string[]) => void (await redis.eval(script, 1, key, mark, ...args).catch(warn));
    return {
      kind: 'ours',
      renew: () => run(RENEW, String(LEASE_MS)),
      conclude: (digest, answer) => run(REPLACE, JSON.stringify({ digest, answer }), String(KEPT_SECONDS)),
      release: () => run(RELEASE),
    };
  }

  async function claim({ workspaceId, id }: Pick<RequestIdentity, 'workspaceId' | 'id'>): Promise<Claim> {
    const key = `idempotent:${workspaceId}:${id}`;
    const mark = JSON.stringify({ holder: randomUUID() });
    try {
      if ((await redis.set(key, mark, 'PX', LEASE_MS, 'NX')) !== null) return ours(key, mark);
      const found = await redis.get(key);
      // It has ended between the two questions: the next repeat will know.
      if (found === null) return { kind: 'in_progress' };
      const known = entry.parse(JSON.parse(found));
      return 'holder' in known ? { kind: 'in_progress' } : { kind: 'known', ...known };
    } catch (error) {
      warn(error);
      return ours(key, mark);
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
