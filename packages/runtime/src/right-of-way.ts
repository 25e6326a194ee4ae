import { setTimeout as pause } from 'node:timers/promises';

/** Bulk waits no longer than this for others to go first. */
const WAIT_MS_MAX = 20;
/** So long after the last of them others may come any moment. */
const QUIET_AFTER_MS = 1_000;
/** While they come, bulk rests so many times as long as it has worked: what its turns set off (log, webhooks, the broker) needs the machine too. */
const RESTS_PER_WORK = 4;
const REST_MS_MAX = 250;

export interface RightOfWay {
  /** Work that somebody waits for: bulk keeps out of its way, and for a second more. */
  lead<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Nobody has waited lately. */
  isQuiet(): boolean;
  /** Resolves when nothing is being done that somebody waits for, or after a moment. */
  giveWay(): Promise<void>;
  /** After a turn of bulk that took so long: resolves when the next may begin, at once where nobody waits. */
  rest(workedMs: number): Promise<void>;
}

/** Lets requests for which somebody waits go before the next turn of bulk in the same process: both share a processor, and what is behind it. */
export function createRightOfWay(): RightOfWay {
  const inHand = new Set<Promise<unknown>>();
  let lastAt = -Infinity;

  const isQuiet = (): boolean => inHand.size === 0 && performance.now() - lastAt > QUIET_AFTER_MS;

  return {
    isQuiet,
    lead(work) {
      const working = work();
      const settled = working.then(() => {}, () => {}).finally(() => {
        lastAt = performance.now();
        inHand.delete(settled);
      });
      inHand.add(settled);
      return working;
    },
    async giveWay() {
      if (inHand.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, WAIT_MS_MAX);
      await Promise.race([Promise.all(inHand), promise]).finally(() => clearTimeout(timer));
    },
    async rest(workedMs) {
      if (!isQuiet()) await pause(Math.min(workedMs * RESTS_PER_WORK, REST_MS_MAX));
    },
  };
}
