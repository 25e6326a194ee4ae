import { RECEIPT_TTL_SECONDS, receipt, receiptKey, type InappEvent, type Receipt } from '@waggle/contracts';
import { warnSeldom, type Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

type EventIdentity = Pick<InappEvent, 'key_id' | 'environment' | 'event_id'>;

export interface Receipts {
  /** Null when there is none, or Redis does not say. */
  find(event: EventIdentity): Promise<Receipt | null>;
  /** Only where none stands: the core may have been faster, and knows more. */
  keep(event: EventIdentity, receipt: Receipt): Promise<void>;
}

/** What became of an event id before. With Redis away an answer has less detail, and nothing else changes: the core knows duplicates itself. */
export function createReceipts(redis: Redis, logger: Logger): Receipts {
  const warn = warnSeldom(logger, 'receipts are not known');
  return {
    async find(event) {
      try {
        const text = await redis.get(receiptKey(event));
        return text === null ? null : receipt.parse(JSON.parse(text));
      } catch (error) {
        warn(error);
        return null;
      }
    },
    async keep(event, content) {
      await redis.set(receiptKey(event), JSON.stringify(content), 'EX', RECEIPT_TTL_SECONDS, 'NX').catch(warn);
    },
  };
}
