import { keyOfUser, type BehaviorEvent } from '@waggle/contracts';
import { Unavailable, type Component, type Logger } from '@waggle/runtime';
import type { Sweep } from './sweep-store.ts';

export interface DaySweeperDeps {
  sweep(request: { now: string; limit: number }): Promise<Sweep>;
  wake(keys: readonly string[]): void;
  now(): Date;
  logger: Logger;
}

export interface DaySweeper extends Component {
  /** Goes on until nobody is due. */
  run(): Promise<BehaviorEvent[]>;
}

/** So many users in one transaction: it stays far below a second, also for who was away for a month. */
const USERS_MAX = 20;

/** Makes what was still open when its day ended missed. Any number of instances share the work; what one leaves another finds due. */
export function createDaySweeper({ sweep, wake, now, logger }: DaySweeperDeps, { intervalMs }: { intervalMs: number }): DaySweeper {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  let isStopping = false;

  async function run(): Promise<BehaviorEvent[]> {
    const all: BehaviorEvent[] = [];
    let limit = USERS_MAX;
    for (;;) {
      const swept = await sweepOrNarrow(limit);
      if (swept === null) limit = 1;
      else {
        const { users, events, isPart, failure } = swept;
        if (failure !== undefined) logger.error({ err: failure }, 'a user cannot be judged, put off for an hour');
        all.push(...events);
        wake(events.map(keyOfUser));
        if (isStopping || (users < limit && !isPart)) return all;
        if (failure !== undefined) limit = USERS_MAX;
      }
    }
  }

  /** Null where one of many cannot be judged: then one after the other, so that only that one is left out. */
  async function sweepOrNarrow(limit: number): Promise<Sweep | null> {
    try {
      return await sweep({ now: now().toISOString(), limit });
    } catch (error) {
      if (error instanceof Unavailable || limit === 1) throw error;
      return null;
    }
  }

  function tick() {
    if (isRunning) return;
    isRunning = true;
    running = run()
      .catch((error: unknown) => logger.warn({ err: error }, 'ended days are not judged, trying again'))
      .finally(() => { isRunning = false; });
  }

  return {
    name: 'day sweeper',
    run,
    async start() {
      timer = setInterval(tick, intervalMs);
    },
    async stop() {
      isStopping = true;
      clearInterval(timer);
      await running;
    },
    // It lives on the database alone, and that speaks for itself.
    health: () => null,
  };
}
