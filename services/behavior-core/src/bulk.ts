import { awaitedBulkCommand, bulkCommand } from '@waggle/contracts';
import type { BatchHandler } from '@waggle/kafka';
import type { Registry } from '@waggle/runtime';
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import { createBulkReader, type BulkReader } from './adapters/bulk/bulk-reader.ts';
import { createBulkStore } from './adapters/bulk/bulk-store.ts';
import { bulkCommandHandler, type BulkCommandDeps } from './consumers/bulk-command.ts';

export interface BulkDeps extends Pick<BulkCommandDeps, 'decide' | 'reply' | 'endOperations' | 'wake' | 'rightOfWay' | 'logger'> {
  pool: Pool;
  metrics: Registry;
}

export interface Bulk {
  reader: BulkReader;
  /** Backfills, of whose items nobody waits for the end. */
  handler: BatchHandler;
  awaitedHandler: BatchHandler;
}

/** Everything about bulk requests: the consumer that does their items, and what is known of their progress. */
export function createBulk({ pool, metrics, ...deps }: BulkDeps): Bulk {
  const reader = createBulkReader(pool);
  const rests = new Gauge({
    name: 'bulk_rests_per_work',
    help: 'How many times as long as they work bulk items rest for requests that somebody waits for',
    registers: [],
    collect() {
      this.set(deps.rightOfWay.restsPerWork());
    },
  });
  metrics.registerMetric(rests);
  const { applyTurn, recordPoisoned } = createBulkStore(pool);
  const all = { ...deps, applyTurn, recordPoisoned, answersOf: reader.answersOf };
  return {
    reader,
    handler: bulkCommandHandler(bulkCommand, all),
    awaitedHandler: bulkCommandHandler(awaitedBulkCommand, { ...all, rightOfWay: { ...deps.rightOfWay, rest: async () => {} } }),
  };
}
