import type { KafkaRecord } from '@waggle/kafka';
import type { Component, Logger } from '@waggle/runtime';
import type { Pool } from 'pg';
import { createLeases } from './leases.ts';
import { shardsOf } from './outbox.ts';
import { createPublishing } from './publishing.ts';
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
  /** Right after a commit: whoever holds these keys' shards publishes them. Never rejects; a lost wake-up costs one sweep. */
  wake(keys: readonly string[]): void;
}

const RENEW_INTERVAL_MS = 1_000;
/** Whoever waits for an answer comes first: the relay's work, and that of all who read what it publishes, takes the same processors. */
const AFTER_ANSWERS_MS = 2;

/**
 * Publishes what was committed: the holder of a shard's lease alone, always the oldest first. A crash or a lost lease can publish a record
 * again, with the same id, but never in another order.
 */
export function createOutboxRelay({ db, publish, logger }: RelayDeps, { relayId, databaseUrl, sweepIntervalMs }: RelaySettings): OutboxRelay {
  const leases = createLeases(db, relayId);
  const publishing = createPublishing({ db, publish, usableShards: leases.usable, logger });
  const wakeUp = createWakeUp({ db, databaseUrl, logger }, publishing.run);
  let timers: NodeJS.Timeout[] = [];
  let toWake = new Set<number>();
  let waking: NodeJS.Timeout | undefined;
  let renewing = Promise.resolve();
  let leaseFailure: string | null = null;

  async function renew() {
    try {
      await leases.renew();
      leaseFailure = null;
    } catch (error) {
      leaseFailure = String(error);
      logger.warn({ err: error }, 'outbox leases not renewed');
    }
  }

  function wakeHolders() {
    const mine = new Set(leases.usable());
    const shards = toWake;
    [toWake, waking] = [new Set(), undefined];
    if (!shards.isSubsetOf(mine)) wakeUp.others();
    if (!shards.isDisjointFrom(mine)) publishing.run();
  }

  return {
    name: 'outbox relay',
    wake(keys) {
      for (const shard of shardsOf(keys).values()) toWake.add(shard);
      waking ??= setTimeout(wakeHolders, AFTER_ANSWERS_MS);
    },
    async start() {
      await renew();
      wakeUp.listen();
      const keepRenewing = () => { renewing = renewing.then(renew).then(publishing.run); };
      timers = [setInterval(keepRenewing, RENEW_INTERVAL_MS), setInterval(publishing.run, sweepIntervalMs)];
      publishing.run();
    },
    async stop() {
      timers.forEach((timer) => clearInterval(timer));
      clearTimeout(waking);
      if (toWake.size > 0) wakeHolders();
      await renewing;
      await wakeUp.stop();
      await publishing.stop();
      await leases.release();
    },
    health: () => leaseFailure ?? publishing.lastFailure(),
  };
}
