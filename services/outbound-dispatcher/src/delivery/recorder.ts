import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseUnavailable } from '@waggle/database';
import { gather, type Logger } from '@waggle/runtime';
import type { DeliveryResult } from '../adapters/delivery-results.ts';

interface RecorderDeps {
  record(results: readonly DeliveryResult[]): Promise<void>;
  /** While stopping, a database that is away is not waited for: the attempt is then repeated by a successor. */
  isStopping(): boolean;
  logger: Logger;
}

const CHUNK = 500;

/** Writes results in batches: one statement in flight, what comes meanwhile makes up the next. Bounded by what the engine holds. */
export function createRecorder({ record, isStopping, logger }: RecorderDeps) {
  async function recordChunk(results: readonly DeliveryResult[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await record(results);
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) return recordOneByOne(results, error);
        logger.error({ err: error, attempt, results: results.length }, 'results cannot be recorded, trying again');
        if (isStopping()) return;
      }
      await pause(Math.min(100 * 2 ** attempt, 2_000));
    }
  }

  /** One result that the database refuses must not take the others with it. Its delivery is attempted again after the lease. */
  async function recordOneByOne(results: readonly DeliveryResult[], error: unknown): Promise<void> {
    const [first, ...others] = results;
    if (first === undefined) return;
    if (others.length === 0) return logger.error({ err: error, delivery_id: first.delivery.id }, 'result cannot be recorded');
    for (const result of results) await recordChunk([result]);
  }

  return gather<DeliveryResult>(async (results) => {
    for (let start = 0; start < results.length; start += CHUNK) await recordChunk(results.slice(start, start + CHUNK));
  }, { waitingMax: Infinity });
}
