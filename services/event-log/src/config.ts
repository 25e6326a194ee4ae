import { count, databaseConfig, databaseEnvironment, list, milliseconds, parseEnvironment, serviceConfig, serviceEnvironment } from '@waggle/runtime';
import { z } from 'zod';
import { PERIODS } from './domain/partition.ts';

const environment = z.object({
  ...serviceEnvironment,
  ...databaseEnvironment(8),
  /** Internal addresses of the core's instances: who a key is. */
  CORE_INTERNAL_URLS: list,
  API_LIMIT_PER_MINUTE: count(600),
  /** How long the next partition of the log is: what is dropped at once. */
  EVENT_LOG_PARTITION: z.enum(PERIODS).default('month'),
  /** Drops partitions in which all was recorded longer ago; 0 keeps all. No shorter than Kafka keeps its topics: a redelivered event must find its first. */
  RETENTION_DAYS: z.coerce.number().int().min(0).refine((days) => days === 0 || days > 30, 'Must be 0 (keep all) or more than the 30 days of the topics').default(0),
  /** Open at once in this instance, of one workspace half of the streams and a quarter of the exports; beyond it 503. */
  STREAMS_MAX: count(2_000),
  EXPORTS_MAX: count(16),
  /** Streams and exports are never silent for longer. */
  HEARTBEAT_MS: milliseconds(15_000),
});

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    ...serviceConfig(parsed, 'event-log'),
    database: databaseConfig(parsed, 'event-log'),
    core: { urls: parsed.CORE_INTERNAL_URLS, token: parsed.INTERNAL_TOKEN, timeoutMs: parsed.INTERNAL_TIMEOUT_MS },
    apiLimitPerMinute: parsed.API_LIMIT_PER_MINUTE,
    partitions: { period: parsed.EVENT_LOG_PARTITION, retentionDays: parsed.RETENTION_DAYS },
    streaming: { streamsMax: parsed.STREAMS_MAX, exportsMax: parsed.EXPORTS_MAX, heartbeatMs: parsed.HEARTBEAT_MS },
  };
}
export type Config = ReturnType<typeof loadConfig>;
