import { RECEIPT_TTL_SECONDS, receiptKey, type InappEvent, type Receipt } from '@waggle/contracts';
import type { Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

/**
 * Tells ingress what became of events, so that it can answer duplicates. What is written here is final, so it may overwrite anything;
 * ingress writes only where nothing stands. A lost receipt costs detail in an answer: nothing waits for Redis and nothing fails with it.
 */
export function createReceiptWriter(redis: Redis, logger: Logger) {
  return function refreshReceipts(entries: readonly { event: InappEvent; receipt: Receipt }[]): void {
    const pipeline = redis.pipeline();
    for (const { event, receipt } of entries) pipeline.set(receiptKey(event), JSON.stringify(receipt), 'EX', RECEIPT_TTL_SECONDS);
    pipeline.exec().then(
      (results) => {
        const [failure] = results?.find(([error]) => error !== null) ?? [];
        if (failure) logger.warn({ err: failure, receipts: entries.length }, 'receipts lost');
      },
      (error: unknown) => logger.warn({ err: error, receipts: entries.length }, 'receipts lost'),
    );
  };
}
