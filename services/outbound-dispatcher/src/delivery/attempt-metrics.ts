import type { Registry } from '@waggle/runtime';
import { Counter, Gauge, Histogram } from 'prom-client';

export interface AttemptMetrics {
  observe(outcome: 'succeeded' | 'retrying' | 'failed', seconds: number): void;
}

export function createAttemptMetrics(registry: Registry): AttemptMetrics {
  const attempts = new Counter({ name: 'webhook_attempts_total', help: 'Attempts by what became of the delivery', labelNames: ['outcome'], registers: [registry] });
  const duration = new Histogram({
    name: 'webhook_attempt_seconds',
    help: 'From the start of an attempt to the end of its answer',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return {
    observe(outcome, seconds) {
      attempts.inc({ outcome });
      duration.observe(seconds);
    },
  };
}

export function registerHeldGauge(registry: Registry, held: () => number): void {
  registry.registerMetric(
    new Gauge({
      name: 'webhook_deliveries_in_memory',
      help: 'Deliveries leased to this instance: waiting, in flight or not yet recorded',
      registers: [],
      collect() {
        this.set(held());
      },
    }),
  );
}
