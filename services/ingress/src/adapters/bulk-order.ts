import { BULK_UNDER_WAY_SECONDS, bulkUnderWayKey, userDigest, type bulkCommand, type BulkCommand } from '@waggle/contracts';
import { createKeepAll } from '@waggle/http';
import { warnSeldom, type Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

type BulkMessage = typeof bulkCommand;
/** A record's worth of one operation's items. */
type Part = Pick<BulkCommand, 'operation_id' | 'workspace_id' | 'user_id'>;

/** Where a user's last items went. */
interface Last {
  topic: string;
  operationId: string;
}

/**
 * Batches of one user are applied in arrival order (contract, section 2), and there are two topics (ADR 25): a user's items go where earlier
 * ones of that user still wait. Redis remembers each user's last operation, and whether it is under way. Without Redis they go to the usual
 * topic, and may overtake a backfill.
 *
 * The mark of an operation that was not sent stays: it holds the place of what it was to follow, and the next one replaces it.
 */
export function createBulkOrder(redis: Redis, logger: Logger) {
  const keepAll = createKeepAll(redis, { ttlSeconds: BULK_UNDER_WAY_SECONDS, where: 'any' });
  const warn = warnSeldom(logger, 'bulk items may overtake others');

  async function topicsFor({ operation_id: operationId, workspace_id }: Part, userIds: readonly string[], usual: string): Promise<Map<string, string>> {
    const keys = userIds.map((user_id) => `bulk:last:${userDigest({ workspace_id, user_id })}`);
    const lasts = (await redis.mget(keys)).map(parse);
    const elsewhere = [...new Set(lasts.flatMap((last) => (last === null || last.topic === usual ? [] : [last.operationId])))];
    const marks = elsewhere.length === 0 ? [] : await redis.mget(elsewhere.map(bulkUnderWayKey));
    const underWay = new Set(elsewhere.filter((_, index) => marks[index] !== null));
    const topics = lasts.map((last) => (last !== null && underWay.has(last.operationId) ? last.topic : usual));
    await keepAll([{ key: bulkUnderWayKey(operationId), value: '' }, ...keys.map((key, index) => ({ key, value: `${topics[index]} ${operationId}` }))]);
    return new Map(userIds.map((userId, index) => [userId, topics[index]!]));
  }

  return {
    /** Which message each part of an operation is sent as. To be asked before they are sent. */
    async place(parts: readonly Part[], usual: BulkMessage): Promise<(part: Part) => BulkMessage> {
      const [first] = parts;
      const userIds = [...new Set(parts.flatMap(({ user_id: userId }) => userId ?? []))];
      if (first === undefined || userIds.length === 0) return () => usual;
      const topics = await topicsFor(first, userIds, usual.topic).catch(warn);
      return ({ user_id: userId }) => ({ ...usual, topic: (userId !== null && topics?.get(userId)) || usual.topic });
    },
  };
}
export type BulkOrder = ReturnType<typeof createBulkOrder>;

function parse(text: string | null): Last | null {
  const [topic, operationId] = text?.split(' ') ?? [];
  return topic === undefined || operationId === undefined ? null : { topic, operationId };
}
