import { RECEIPT_TTL_SECONDS, receipt, receiptKey, type InappEvent, type Receipt } from '@waggle/contracts';
import { createKeepAll, type KeptValue } from '@waggle/http';
import { gather, gatherAnswers, warnSeldom, type Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

type EventIdentity = Pick<InappEvent, 'key_id' | 'environment' | 'event_id'>;

export interface Receipts {
  /** Null when there is none, or Redis does not say. */
  find(event: EventIdentity): Promise<Receipt | null>;
  /** Only where none stands: the core may have been faster, and knows more. */
  keep(event: EventIdentity, receipt: Receipt): Promise<void>;
}

/** Far more than Redis answers within its time-out. */
const WAITING_MAX = 5_000;

/**
 * What became of an event id before; those of one turn of the event loop share a command. With Redis away an answer has less detail, and
 * nothing else changes: the core knows duplicates itself.
 */
export function createReceipts(redis: Redis, logger: Logger): Receipts {
  const warn = warnSeldom(logger, 'receipts are not known');
  const findText = gatherAnswers<string, string | null>((keys) => redis.mget(...keys), { waitingMax: WAITING_MAX });
  const keepText = gather<KeptValue>(createKeepAll(redis, { ttlSeconds: RECEIPT_TTL_SECONDS, where: 'free' }), { waitingMax: WAITING_MAX });
  return {
    async find(event) {
      try {
        const text = await findText(receiptKey(event));
        return text === null ? null : receipt.parse(JSON.parse(text));
      } catch (error) {
        warn(error);
        return null;
      }
    },
    async keep(event, content) {
      await keepText([{ key: receiptKey(event), value: JSON.stringify(content) }]).catch(warn);
    },
  };
}
