import type { KafkaRecord } from '@waggle/kafka';
import type { Component, Logger } from '@waggle/runtime';
import type { Pool } from 'pg';
import { createLeases } from './leases.ts';
import { advanceOutbox, shardOf, type CommittedRecord } from './outbox.ts';
import { createWakeUp } from './wake-up.ts';

export interface RelayDeps {
  db: Pool;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  logger: Logger;
}

export interface RelaySettings {
  /** New for each process: two relays under one name would share a lease. */
  relayId: string;
  databaseUrl: string;
  /** How long a record may lie when every wake-up was lost. */
  sweepIntervalMs: number;
}

export interface OutboxRelay extends Component {
  /** Right after a commit: whoever holds these keys' shards publishes them now. Never rejects; a lost wake-up costs one sweep. */
  wake(keys: readonly string[]): void;
}

const RENEW_INTERVAL_MS = 1_000;

/**
 * Publishes what was committed: the holder of a shard's lease alone, always the oldest first, one publication in flight. A row is removed
 * after Kafka's acknowledgement, so a crash or a lost lease can publish it again, with the same id, but never in another order.
 */
export function createOutboxRelay({ db, publish, logger }: RelayDeps, { relayId, databaseUrl, sweepIntervalMs }: RelaySettings): OutboxRelay {
  const leases = createLeases(db, relayId);
  const wakeUp = createWakeUp({ db, databaseUrl, logger }, () => run());
  let published: CommittedRecord[] = [];
  let running: Promise<void> | undefined;
  let isWanted = false;
  let isStopping = false;
  let lastFailure: string | null = null;
  let timers: NodeJS.Timeout[] = [];
  let renewing = Promise.resolve();

  /** At most one pass at a time; what is committed during a pass is seen by the next. */
  function run(): void {
    isWanted = true;
    running ??= drainWhileWanted().finally(() => { running = undefined; });
  }

  async function drainWhileWanted() {
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
      const shards = leases.usable();
      if (shards.length === 0) return;
      const records = await advanceOutbox(db, shards, published);
      published = [];
      if (records.length === 0) return;
      await publish(records.map(({ topic, key, value, headers }) => ({ topic, key, value, headers })));
      published = records;
    }
  }

  async function renew() {
    try {
      await leases.renew();
    } catch (error) {
      lastFailure = String(error);
      logger.warn({ err: error }, 'outbox leases not renewed');
    }
  }

  return {
    name: 'outbox relay',
    wake(keys) {
      const mine = leases.usable();
      const others = new Set(keys.map(shardOf).filter((shard) => !mine.includes(shard)));
      if (others.size > 0) wakeUp.others();
      if (others.size < new Set(keys.map(shardOf)).size) run();
    },
    async start() {
      await renew();
      wakeUp.listen();
      const keepRenewing = () => { renewing = renewing.then(renew).then(run); };
      timers = [setInterval(keepRenewing, RENEW_INTERVAL_MS), setInterval(run, sweepIntervalMs)];
      run();
    },
    async stop() {
      timers.forEach((timer) => clearInterval(timer));
      await renewing;
      await running;
      isStopping = true;
      await running;
      await wakeUp.stop();
      // What is published and not yet removed would be published again by the successor: harmless, but avoidable.
      await advanceOutbox(db, [], published);
      await leases.release();
    },
    health: () => lastFailure,
  };
}
