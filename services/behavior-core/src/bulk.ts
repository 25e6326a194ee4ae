import type { BatchHandler } from '@waggle/kafka';
import type { Pool } from 'pg';
import { createBulkReader, type BulkReader } from './adapters/bulk/bulk-reader.ts';
import { createBulkStore } from './adapters/bulk/bulk-store.ts';
import { bulkCommandHandler, type BulkCommandDeps } from './consumers/bulk-command.ts';

export interface BulkDeps extends Pick<BulkCommandDeps, 'decide' | 'reply' | 'wake' | 'rightOfWay' | 'logger'> {
  pool: Pool;
}

export interface Bulk {
  reader: BulkReader;
  handler: BatchHandler;
}

/** Everything about bulk requests: the consumer that does their items, and what is known of their progress. */
export function createBulk({ pool, ...deps }: BulkDeps): Bulk {
  const reader = createBulkReader(pool);
  const { applyTurn, recordPoisoned } = createBulkStore(pool);
  return { reader, handler: bulkCommandHandler({ ...deps, applyTurn, recordPoisoned, answersOf: reader.answersOf }) };
}
