import { count, databaseConfig, databaseEnvironment, list, parseEnvironment, serviceConfig, serviceEnvironment } from '@waggle/runtime';
import { z } from 'zod';

const environment = z.object({
  ...serviceEnvironment,
  ...databaseEnvironment(8),
  /** Internal addresses of the core's instances: who a key is. */
  CORE_INTERNAL_URLS: list,
  API_LIMIT_PER_MINUTE: count(600),
});

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    ...serviceConfig(parsed, 'event-log'),
    database: databaseConfig(parsed, 'event-log'),
    core: { urls: parsed.CORE_INTERNAL_URLS, token: parsed.INTERNAL_TOKEN },
    apiLimitPerMinute: parsed.API_LIMIT_PER_MINUTE,
  };
}
export type Config = ReturnType<typeof loadConfig>;
