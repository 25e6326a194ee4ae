import { setTimeout as pause } from 'node:timers/promises';
import { createRestsPerWork, type RestsSettings } from './rests-per-work.ts';

/** Bulk waits no longer than this for others to go first. */
const WAIT_MS_MAX = 20;
/** So long after the last of them others may come any moment. */
const QUIET_AFTER_MS = 1_000;
const REST_MS_MAX = 500;

export interface RightOfWay {
  /** Work that somebody waits for: bulk keeps out of its way, and for a second more. */
  lead<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Nobody has waited lately. */
  isQuiet(): boolean;
  /** Resolves when nothing is being done that somebody waits for, or after a moment. */
  giveWay(): Promise<void>;
  /** After a turn of bulk that took so long: resolves when the next may begin, at once where nobody waits, later the slower the others are. */
  rest(workedMs: number): Promise<void>;
  /** How many times as long as it works bulk rests now; 0 where nobody waits. */
  restsPerWork(): number;
}

/** Lets requests for which somebody waits go before the next turn of bulk in the same process: both share a processor, and what is behind it. */
export function createRightOfWay(settings: RestsSettings): RightOfWay {
  const others = createRestsPerWork(settings);
  const inHand = new Set<Promise<unknown>>();
  let lastAt = -Infinity;
  let lastBulkAt = -Infinity;

  const isQuiet = (): boolean => inHand.size === 0 && performance.now() - lastAt > QUIET_AFTER_MS;

  const restsPerWork = (): number => (isQuiet() ? 0 : others.current());

  return {
    isQuiet,
    restsPerWork,
    lead(work) {
      const beganAt = performance.now();
      const working = work();
      const settled = working.then(() => {}, () => {}).finally(() => {
        lastAt = performance.now();
        // What bulk has no part in teaches it nothing.
        if (lastBulkAt > beganAt - QUIET_AFTER_MS) others.learn(lastAt - beganAt);
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
      lastBulkAt = performance.now();
      const rests = restsPerWork();
      if (rests > 0) await pause(Math.min(workedMs * rests, REST_MS_MAX));
    },
  };
}
