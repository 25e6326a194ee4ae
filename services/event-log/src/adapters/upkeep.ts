import { warnSeldom, type Component, type Logger, type Registry } from '@waggle/runtime';
import { Gauge } from 'prom-client';
import type { Partition, Period } from '../domain/partition.ts';

export interface UpkeepDeps {
  makeAhead(period: Period): Promise<number>;
  dropExpired(days: number): Promise<Partition | undefined>;
  list(): Promise<Partition[]>;
  logger: Logger;
  metrics: Registry;
}

const INTERVAL_MS = 60_000;

/** Makes partitions before they are needed and drops those past their time, at once and every minute. `retentionDays` 0: keeps all. */
export function createUpkeep({ period, retentionDays }: { period: Period; retentionDays: number }, { makeAhead, dropExpired, list, logger, metrics }: UpkeepDeps): Component {
  const count = new Gauge({ name: 'event_log_partitions', help: 'Partitions of the event log', registers: [metrics] });
  const warn = warnSeldom(logger, 'partitions not looked after, trying again');
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isStopping = false;

  async function look() {
    await makeAhead(period);
    for (let dropped = await dropNext(); dropped !== undefined && !isStopping; dropped = await dropNext()) logger.info({ partition: dropped.name }, 'partition dropped');
    count.set((await list()).length);
  }

  const dropNext = async () => (retentionDays > 0 ? dropExpired(retentionDays) : undefined);

  function lookAgain() {
    running = look().catch(warn).then(() => {
      if (!isStopping) timer = setTimeout(lookAgain, INTERVAL_MS);
    });
  }

  return {
    name: 'upkeep of the partitions',
    start: async () => lookAgain(),
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      await running;
    },
    health: () => null,
  };
}
