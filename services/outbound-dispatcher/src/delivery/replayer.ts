import type { Component, Logger } from '@waggle/runtime';
import type { ReplayStore } from '../adapters/replay-store.ts';
import { createWakeUp } from './wake-up.ts';

interface ReplayerDeps {
  store: Pick<ReplayStore, 'listActive' | 'step'>;
  /** Something in the table is due. */
  wakeEngine(): void;
  logger: Logger;
}

export interface Replayer extends Component {
  /** There is a new one. */
  wake(): void;
}

/** Of one replay at most so many wait for their first attempt: it never fills a lane, nor stands before what is new. */
const WAITING_MAX = 200;
const BUSY_POLL_MS = 100;
const IDLE_POLL_MS = 1_000;
const STALE_AFTER_MS = 30_000;

/**
 * Puts the deliveries of replays back into the queue, little by little: each step is a transaction of its own, and whoever is there takes
 * the next. Any number of instances may run.
 */
export function createReplayer({ store, wakeEngine, logger }: ReplayerDeps): Replayer {
  const wakeUp = createWakeUp();
  let isStopping = false;
  let steppedAt = performance.now();
  let running = Promise.resolve();

  /** Tells how many replays are under way. */
  async function stepAll(): Promise<number> {
    const active = await store.listActive();
    for (const replay of active) {
      if (isStopping) break;
      if ((await store.step(replay, { waitingMax: WAITING_MAX })) > 0) wakeEngine();
    }
    steppedAt = performance.now();
    return active.length;
  }

  async function run() {
    while (!isStopping) {
      const count = await stepAll().catch((error: unknown) => {
        logger.error({ err: error }, 'replays cannot go on, trying again');
        return 0;
      });
      await wakeUp.after(count > 0 ? BUSY_POLL_MS : IDLE_POLL_MS);
    }
  }

  return {
    name: 'replayer',
    async start() {
      running = run();
    },
    async stop() {
      isStopping = true;
      wakeUp.notLaterThan(0);
      await running;
    },
    wake: () => wakeUp.notLaterThan(0),
    health: () => (performance.now() - steppedAt > STALE_AFTER_MS ? 'replays cannot go on' : null),
  };
}
