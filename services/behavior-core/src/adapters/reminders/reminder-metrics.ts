import type { Registry } from '@waggle/runtime';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { DecidedReminder } from '../../domain/reminders/remind-user.ts';

/** What became of reminders, and how late those were that were sent. */
export function createReminderMetrics(registry: Registry, overdueSeconds: () => Promise<number>): (decided: readonly DecidedReminder[], now: string) => void {
  const reminders = new Counter({
    name: 'reminders_total',
    help: 'Reminders by what became of them: sent, late (more than 30 minutes: dropped), superseded (by a later one of the same occurrence), over_limit (of the day)',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const lag = new Histogram({
    name: 'reminder_lag_seconds',
    help: 'From when a reminder was due until it was sent',
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 1_800],
    registers: [registry],
  });
  const due = new Gauge({
    name: 'reminders_due_seconds',
    help: 'How long the longest due user has been waiting for a look',
    registers: [],
    async collect() {
      // A database that is away must not take the other metrics along.
      this.set(await overdueSeconds().catch(() => Number.NaN));
    },
  });
  registry.registerMetric(due);
  return (decided, now) => {
    for (const { outcome, reminder } of decided) {
      reminders.inc({ outcome });
      if (outcome === 'sent') lag.observe(Math.max(0, Date.parse(now) - reminder.dueMs) / 1_000);
    }
  };
}
