import { answerIndexKey, ERASURE_MARK_SECONDS, erasureMarkKey, type UserErased } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';

interface AnswerEraserDeps {
  pool: Pool;
  redis: Redis;
  report(reports: readonly UserErased[]): Promise<void>;
}

const PENDING = {
  name: 'erasures_pending',
  text: `SELECT workspace_id, operation_id, user_digest FROM erasures WHERE completed_at IS NULL AND NOT 'behavior-core' = ANY (services_done)
    ORDER BY erased_at LIMIT $1`,
};

// Index and mark of each user. The mark goes with the deletion: what is kept before it is deleted, and nothing is kept after it.
const FORGET = `
for index = 1, #KEYS, 2 do
  for _, answer in ipairs(redis.call('ZRANGE', KEYS[index], 0, -1)) do redis.call('DEL', answer) end
  redis.call('DEL', KEYS[index])
  redis.call('SET', KEYS[index + 1], '', 'EX', ARGV[1])
end`;

/**
 * The core's last part of an erasure: the answers that ingress keeps in Redis for repetitions. Until that is done the core has not reported, so
 * with Redis away, or with a crash before this, the operation is not complete and this is done again, by whichever instance. Tells how many there were.
 */
export const createAnswerEraser = ({ pool, redis, report }: AnswerEraserDeps) => async (countMax: number): Promise<number> => {
  const pending = await query<{ workspace_id: string; operation_id: string; user_digest: string }>(pool, PENDING, [countMax]);
  if (pending.length === 0) return 0;
  const keys = pending.flatMap(({ user_digest: digest }) => [answerIndexKey(digest), erasureMarkKey(digest)]);
  await redis.eval(FORGET, keys.length, ...keys, ERASURE_MARK_SECONDS);
  await report(pending.map(({ workspace_id, operation_id }) => ({ workspace_id, operation_id, service: 'behavior-core' })));
  return pending.length;
};
