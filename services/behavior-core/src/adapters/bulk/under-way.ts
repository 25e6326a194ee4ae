import { bulkUnderWayKey } from '@waggle/contracts';
import type { Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

/**
 * Tells ingress that operations are done: until then what comes later for their users waits behind them. Where that is lost it does so for a
 * day, which costs time and no order, so nothing waits for Redis here and nothing fails with it.
 */
export function createEndOperations(redis: Redis, logger: Logger) {
  return function endOperations(operationIds: readonly string[]): void {
    if (operationIds.length === 0) return;
    redis.del(...operationIds.map(bulkUnderWayKey)).catch((error: unknown) => logger.warn({ err: error, operationIds }, 'ends of bulk operations lost'));
  };
}
