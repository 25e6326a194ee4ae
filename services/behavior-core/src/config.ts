import {
  count, databaseConfig, databaseEnvironment, encryptionKeys, list, milliseconds, parseEnvironment, serviceConfig, serviceEnvironment,
} from '@waggle/runtime';
import { z } from 'zod';

const environment = z.object({
  ...serviceEnvironment,
  ...databaseEnvironment(10),
  OPERATION_SECRET: z.string().regex(/^[0-9a-f]{64}$/),
  ENCRYPTION_KEYS: encryptionKeys,
  DISPATCHER_INTERNAL_URLS: list,
  API_LIMIT_PER_MINUTE: count(600),
  SWEEP_INTERVAL_MS: milliseconds(500),
  CLEAN_INTERVAL_MS: milliseconds(300_000),
  DAY_SWEEP_INTERVAL_MS: milliseconds(1_000),
  REMINDER_INTERVAL_MS: milliseconds(1_000),
  /** Of each user. */
  CHANNELS_MAX: count(20),
  REMINDERS_PER_DAY_MAX: count(200),
  HABITS_MAX: count(25),
  TASKS_MAX: count(100),
  ROUTINES_MAX: count(15),
});

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    ...serviceConfig(parsed, 'behavior-core'),
    database: databaseConfig(parsed, 'behavior-core'),
    operationSecret: parsed.OPERATION_SECRET,
    encryptionKeys: parsed.ENCRYPTION_KEYS,
    dispatcherInternalUrls: parsed.DISPATCHER_INTERNAL_URLS,
    apiLimitPerMinute: parsed.API_LIMIT_PER_MINUTE,
    sweepIntervalMs: parsed.SWEEP_INTERVAL_MS,
    cleanIntervalMs: parsed.CLEAN_INTERVAL_MS,
    daySweepIntervalMs: parsed.DAY_SWEEP_INTERVAL_MS,
    reminders: { intervalMs: parsed.REMINDER_INTERVAL_MS, perDayMax: parsed.REMINDERS_PER_DAY_MAX },
    channels: { perUserMax: parsed.CHANNELS_MAX },
    limits: { habit: parsed.HABITS_MAX, task: parsed.TASKS_MAX, routine: parsed.ROUTINES_MAX },
  };
}
export type Config = ReturnType<typeof loadConfig>;
