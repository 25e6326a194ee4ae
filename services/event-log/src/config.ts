import { count, list, parseEnvironment, serviceEnvironment } from '@waggle/runtime';
import { z } from 'zod';

const environment = z.object({
  ...serviceEnvironment,
  DATABASE_URL: z.url(),
  DATABASE_CONNECTIONS_MAX: count(8),
  /** Internal addresses of the core's instances: who a key is. */
  CORE_INTERNAL_URLS: list,
  API_LIMIT_PER_MINUTE: count(600),
});

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    host: parsed.HOST,
    port: parsed.PORT,
    internalPort: parsed.INTERNAL_PORT,
    publicUrl: parsed.PUBLIC_URL,
    instances: parsed.INSTANCES,
    database: { url: parsed.DATABASE_URL, connectionsMax: parsed.DATABASE_CONNECTIONS_MAX },
    kafka: { brokers: parsed.KAFKA_BROKERS, clientId: 'event-log', prefix: parsed.KAFKA_PREFIX },
    redisUrl: parsed.REDIS_URL,
    core: { urls: parsed.CORE_INTERNAL_URLS, token: parsed.INTERNAL_TOKEN },
    apiLimitPerMinute: parsed.API_LIMIT_PER_MINUTE,
    logLevel: parsed.LOG_LEVEL,
    shutdownTimeoutMs: parsed.SHUTDOWN_TIMEOUT_MS,
  };
}
export type Config = ReturnType<typeof loadConfig>;
