import type { Logger } from '@waggle/runtime';
import { createWakeUp } from './wake-up.ts';

interface ClaimerDeps {
  /** Claims once; says how many came. */
  claim(): Promise<number>;
  logger: Logger;
}

/** Where something was claimed there is likely more. */
const BUSY_POLL_MS = 20;
const STALE_AFTER_MS = 10_000;

/** Claims again and again, sooner when there is more or a retry is known to be due. */
export function createClaimer({ claim, logger }: ClaimerDeps, { pollMs }: { pollMs: number }) {
  const wakeUp = createWakeUp();
  let isStopping = false;
  let claimedAt = performance.now();
  let running = Promise.resolve();

  async function run() {
    while (!isStopping) {
      let count = 0;
      try {
        count = await claim();
        claimedAt = performance.now();
      } catch (error) {
        logger.error({ err: error }, 'deliveries cannot be claimed, trying again');
      }
      await wakeUp.after(count > 0 ? BUSY_POLL_MS : pollMs);
    }
  }

  return {
    start() {
      running = run();
    },
    async stop() {
      isStopping = true;
      wakeUp.notLaterThan(0);
      await running;
    },
    /** Something falls due in so many milliseconds. */
    expect(delayMs: number) {
      wakeUp.notLaterThan(performance.now() + delayMs);
    },
    health: (): string | null => (performance.now() - claimedAt > STALE_AFTER_MS ? 'deliveries cannot be claimed' : null),
  };
}
