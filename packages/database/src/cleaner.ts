import type { Component, Logger } from '@waggle/runtime';

export interface CleanerTask {
  what: string;
  /** Removes at most so many, and tells how many. */
  remove(countMax: number): Promise<number>;
}

const COUNT_MAX = 1_000;

/** Removes what has been kept long enough, a little at a time. Any number of instances may run: the work is the same whoever does it. */
export function createCleaner(tasks: readonly CleanerTask[], { intervalMs, logger }: { intervalMs: number; logger: Logger }): Component {
  let timer: NodeJS.Timeout;
  let running: Promise<void> | undefined;
  let isStopping = false;

  async function run() {
    for (const { what, remove } of tasks) {
      try {
        while (!isStopping && (await remove(COUNT_MAX)) === COUNT_MAX);
      } catch (error) {
        logger.warn({ err: error, what }, 'not cleaned up, trying again later');
      }
    }
  }

  return {
    name: 'cleaner',
    async start() {
      timer = setInterval(() => { running ??= run().finally(() => { running = undefined; }); }, intervalMs);
    },
    async stop() {
      isStopping = true;
      clearInterval(timer);
      await running;
    },
    health: () => null,
  };
}
