import type { KafkaRecord } from '@waggle/kafka';
import type { Logger } from '@waggle/runtime';
import type { Pool } from 'pg';
import { advanceOutbox, type CommittedRow } from './outbox.ts';

interface PublishingDeps {
  db: Pool;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  /** The shards that may be published now. */
  usableShards(): readonly number[];
  logger: Logger;
}

/**
 * Publishes until nothing is left: one publication in flight, oldest first. A row is removed after Kafka's acknowledgement, together with
 * the reading of the next ones, whoever asks for that: a wake-up, a sweep or the stop.
 */
export function createPublishing({ db, publish, usableShards, logger }: PublishingDeps) {
  let published: CommittedRow[] = [];
  let running: Promise<void> | undefined;
  let isWanted = false;
  let isStopping = false;
  let lastFailure: string | null = null;

  async function runWhileWanted() {
    while (isWanted && !isStopping) {
      isWanted = false;
      try {
        await drain();
        lastFailure = null;
      } catch (error) {
        lastFailure = String(error);
        logger.warn({ err: error }, 'outbox not relayed, trying again with the next sweep');
      }
    }
  }

  async function drain(): Promise<void> {
    for (;;) {
      const shards = usableShards();
      if (shards.length === 0 && published.length === 0) return;
      const { rows, isAll } = await advanceOutbox(db, shards, published);
      published = [];
      if (rows.length === 0) return;
      await publish(rows.flatMap(({ records }) => records));
      published = rows;
      if (isAll) return;
    }
  }

  return {
    /** At most one pass at a time; what is committed during a pass is seen by the next. */
    run(): void {
      isWanted = true;
      running ??= runWhileWanted().finally(() => { running = undefined; });
    },
    /** After a last pass. What is published and not yet removed would be published again by the successor: harmless, but avoidable. */
    async stop(): Promise<void> {
      await running;
      isWanted = true;
      await runWhileWanted();
      isStopping = true;
      await advanceOutbox(db, [], published);
    },
    lastFailure: () => lastFailure,
  };
}
