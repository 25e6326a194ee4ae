import type { Reply } from '@waggle/contracts';
import type { Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

/** One message per waiting ingress instance and batch. A lost reply costs a 202, so nothing waits for Redis and nothing fails with it. */
export function createReplySender(redis: Redis, logger: Logger) {
  return function reply(replies: readonly (Reply & { reply_to: string })[]): void {
    for (const [channel, group] of Map.groupBy(replies, ({ reply_to }) => reply_to)) {
      const message = JSON.stringify(group.map(({ operation_id, replayed, result }) => ({ operation_id, replayed, result })));
      redis.publish(channel, message).catch((error: unknown) => logger.warn({ err: error, replies: group.length }, 'replies lost'));
    }
  };
}
