import { RECEIPT_TTL_SECONDS, receiptKey, type InappEvent, type Receipt } from '@waggle/contracts';
import { createKeepAll } from '@waggle/http';
import type { Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

/**
 * Tells ingress what became of events, so that it can answer duplicates. What is written here is final, so it may overwrite anything;
 * ingress writes only where nothing stands. A lost receipt costs detail in an answer: nothing waits for Redis and nothing fails with it.
 */
export function createReceiptWriter(redis: Redis, logger: Logger) {
  const keepAll = createKeepAll(redis, { ttlSeconds: RECEIPT_TTL_SECONDS, where: 'any' });
  return function refreshReceipts(entries: readonly { event: InappEvent; receipt: Receipt }[]): void {
    keepAll(entries.map(({ event, receipt }) => ({ key: receiptKey(event), value: JSON.stringify(receipt) })))
      .catch((error: unknown) => logger.warn({ err: error, receipts: entries.length }, 'receipts lost'));
  };
}
