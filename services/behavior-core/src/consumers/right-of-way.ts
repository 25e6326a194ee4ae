import { setTimeout as pause } from 'node:timers/promises';
import type { BatchHandler } from '@waggle/kafka';

/** Nobody waits longer than this for others to go first. */
const WAIT_MS_MAX = 20;
/** So long after the last of them others may come any moment. */
const QUIET_AFTER_MS = 1_000;
/** While they come, bulk rests so many times as long as it has worked: what its turns set off (log, webhooks, the broker) needs the machine too. */
const RESTS_PER_WORK = 4;
const REST_MS_MAX = 250;

export interface RightOfWay {
  /** Nobody has waited lately. */
  isQuiet(): boolean;
  /** Resolves when no single request is being handled, or after a moment. */
  giveWay(): Promise<void>;
  /** After a turn that took so long: resolves when the next may begin, at once where nobody waits. */
  rest(workedMs: number): Promise<void>;
}

/** Lets single requests, for which somebody waits, go before the next turn of bulk: both share a processor and a database. */
export function createRightOfWay(): RightOfWay & { before(handler: BatchHandler): BatchHandler } {
  let inHand: Promise<unknown> | undefined;
  let lastAt = -Infinity;

  const isQuiet = (): boolean => inHand === undefined && performance.now() - lastAt > QUIET_AFTER_MS;

  return {
    isQuiet,
    async rest(workedMs) {
      if (!isQuiet()) await pause(Math.min(workedMs * RESTS_PER_WORK, REST_MS_MAX));
    },
    before(handler) {
      return {
        ...handler,
        handle(records) {
          const handling = handler.handle(records);
          const settled = handling.then(() => {}, () => {}).finally(() => {
            lastAt = performance.now();
            if (inHand === settled) inHand = undefined;
          });
          inHand = settled;
          return handling;
        },
      };
    },
    async giveWay() {
      if (inHand === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, WAIT_MS_MAX);
      await Promise.race([inHand, promise]).finally(() => clearTimeout(timer));
    },
  };
}
