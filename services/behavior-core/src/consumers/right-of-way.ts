import type { BatchHandler } from '@waggle/kafka';

/** Nobody waits longer than this for others to go first. */
const WAIT_MS_MAX = 20;
/** So long after the last of them others may come any moment. */
const QUIET_AFTER_MS = 1_000;

export interface RightOfWay {
  isQuiet(): boolean;
  /** Resolves when no single request is being handled, or after a moment. */
  giveWay(): Promise<void>;
}

/** Lets single requests, for which somebody waits, go before the next turn of bulk: both share a processor and a database. */
export function createRightOfWay(): RightOfWay & { before(handler: BatchHandler): BatchHandler } {
  let inHand: Promise<unknown> | undefined;
  let lastAt = -Infinity;

  return {
    /** Nobody has waited lately. */
    isQuiet: (): boolean => inHand === undefined && performance.now() - lastAt > QUIET_AFTER_MS,
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
