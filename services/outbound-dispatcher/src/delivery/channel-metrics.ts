import type { ChannelKind } from '@waggle/contracts';
import type { Registry } from '@waggle/runtime';
import { Counter, Gauge } from 'prom-client';

export interface ChannelMetrics {
  observe(kind: ChannelKind, outcome: 'succeeded' | 'retrying' | 'failed'): void;
}

/** `countFailing`: of all channels, whichever instance finds out. */
export function createChannelMetrics(registry: Registry, countFailing: () => Promise<number>): ChannelMetrics {
  const attempts = new Counter({ name: 'channel_attempts_total', help: 'Attempts to tell a channel, by what became of the message', labelNames: ['kind', 'outcome'], registers: [registry] });
  const failing = new Gauge({
    name: 'channels_failing',
    help: 'Channels whose last message failed for good, or whose service refused it',
    registers: [],
    async collect() {
      // A database that is away must not take the other metrics along.
      this.set(await countFailing().catch(() => Number.NaN));
    },
  });
  registry.registerMetric(failing);
  return { observe: (kind, outcome) => attempts.inc({ kind, outcome }) };
}
