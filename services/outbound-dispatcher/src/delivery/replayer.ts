import type { Component, Logger } from '@waggle/runtime';
import type { OpenReplay, ReplayStore } from '../adapters/replay-store.ts';
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
/** So many are stepped in a row; the next time those behind them. */
const PAGE_MAX = 100;
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
  let last: OpenReplay | null = null;

  /** The page behind the last one, and around: replays to endpoints that are silent stay open for long, and must not starve those behind them. Tells whether any are under way. */
  async function stepPage(): Promise<boolean> {
    const page = await nextPage();
    for (const replay of page) {
      if (isStopping) break;
      last = replay;
      if ((await store.step(replay, { waitingMax: WAITING_MAX })) > 0) wakeEngine();
    }
    if (page.length < PAGE_MAX) last = null;
    steppedAt = performance.now();
    return page.length > 0;
  }

  async function nextPage(): Promise<OpenReplay[]> {
    const page = await store.listActive(last, PAGE_MAX);
    return page.length > 0 || last === null ? page : store.listActive(null, PAGE_MAX);
  }

  async function run() {
    while (!isStopping) {
      const isBusy = await stepPage().catch((error: unknown) => {
        logger.error({ err: error }, 'replays cannot go on, trying again');
        return false;
      });
      await wakeUp.after(isBusy ? BUSY_POLL_MS : IDLE_POLL_MS);
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
