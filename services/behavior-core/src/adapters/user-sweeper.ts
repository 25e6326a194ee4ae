import { keyOfUser, type BehaviorEvent } from '@waggle/contracts';
import { Unavailable, type Component, type Logger } from '@waggle/runtime';

/** What one transaction did for the users who were due. */
export interface Sweep {
  /** Users that were due. */
  users: number;
  events: BehaviorEvent[];
  /** Some of them have something left. */
  isPart: boolean;
  /** Of the only user, who was put off for an hour. */
  failure?: unknown;
}

export interface UserSweeperDeps {
  sweep(request: { now: string; limit: number }): Promise<Sweep>;
  wake(keys: readonly string[]): void;
  now(): Date;
  logger: Logger;
}

export interface UserSweeperSettings {
  name: string;
  intervalMs: number;
  /** So many users in one transaction: it stays far below a second, whatever has become due. */
  usersMax: number;
}

export interface UserSweeper extends Component {
  /** Goes on until nobody is due; tells how many events that made. */
  run(): Promise<number>;
}

/** Does what is due by the clock. Any number of instances share the work; what one leaves another finds due. */
export function createUserSweeper({ sweep, wake, now, logger }: UserSweeperDeps, { name, intervalMs, usersMax }: UserSweeperSettings): UserSweeper {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  let isStopping = false;

  async function run(): Promise<number> {
    // A count alone: after a long absence a pass makes more events than memory holds.
    let count = 0;
    let limit = usersMax;
    for (;;) {
      const swept = await sweepOrNarrow(limit);
      if (swept === null) limit = 1;
      else {
        const { users, events, isPart, failure } = swept;
        if (failure !== undefined) logger.error({ err: failure, sweeper: name }, 'a user cannot be judged, put off for an hour');
        count += events.length;
        wake(events.map(keyOfUser));
        if (isStopping || (users < limit && !isPart)) return count;
        if (failure !== undefined) limit = usersMax;
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
      .catch((error: unknown) => logger.warn({ err: error, sweeper: name }, 'what is due is not done, trying again'))
      .finally(() => { isRunning = false; });
  }

  return {
    name,
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
