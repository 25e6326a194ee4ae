import type { Component, Logger, Registry } from '@waggle/runtime';
import type { Pool } from 'pg';
import { createReminderMetrics } from './adapters/reminders/reminder-metrics.ts';
import { overdueSeconds, remindUsers } from './adapters/reminders/reminder-store.ts';
import { createUserSweeper } from './adapters/user-sweeper.ts';

export interface RemindersDeps {
  pool: Pool;
  wake(keys: readonly string[]): void;
  now(): Date;
  logger: Logger;
  metrics: Registry;
}

export interface RemindersSettings {
  /** How often due reminders are looked for. */
  intervalMs: number;
  /** Of each user. */
  perDayMax: number;
}

const USERS_PER_LOOK = 50;

/** The system speaks first: nudges and follow-ups, each once. */
export function createReminders({ pool, wake, now, logger, metrics }: RemindersDeps, { intervalMs, perDayMax }: RemindersSettings): Component {
  const observe = createReminderMetrics(metrics, () => overdueSeconds(pool));
  return createUserSweeper(
    { sweep: (request) => remindUsers({ pool, perDayMax, observe }, request), wake, now, logger },
    { name: 'reminders', intervalMs, usersMax: USERS_PER_LOOK },
  );
}
