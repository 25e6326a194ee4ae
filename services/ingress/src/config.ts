import { count, list, milliseconds, parseEnvironment, serviceConfig, serviceEnvironment } from '@waggle/runtime';
import { z } from 'zod';

const environment = z.object({
  ...serviceEnvironment,
  CORE_INTERNAL_URLS: list,
  OPERATION_SECRET: z.string().regex(/^[0-9a-f]{64}$/),
  /** For Kafka's acknowledgement. Clients are promised an answer within three seconds, all else that is done for it included. */
  KAFKA_TIMEOUT_MS: milliseconds(2_000),
  INBOUND_WAIT_MS: milliseconds(2_000),
  INBOUND_LIMIT: count(100),
  /** Inbound requests that name no user, by their key. */
  API_LIMIT_PER_MINUTE: count(600),
  BULK_WAIT_MS: milliseconds(10_000),
  BULK_LIMIT: count(60),
  /** Requests that wait for the core's reply at once; beyond it 503. */
  WAITING_MAX: count(10_000),
});

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    ...serviceConfig(parsed, 'ingress'),
    core: { urls: parsed.CORE_INTERNAL_URLS, token: parsed.INTERNAL_TOKEN, timeoutMs: parsed.INTERNAL_TIMEOUT_MS },
    operationSecret: parsed.OPERATION_SECRET,
    kafkaTimeoutMs: parsed.KAFKA_TIMEOUT_MS,
    inboundWaitMs: parsed.INBOUND_WAIT_MS,
    inboundLimit: parsed.INBOUND_LIMIT,
    apiLimit: parsed.API_LIMIT_PER_MINUTE,
    bulkWaitMs: parsed.BULK_WAIT_MS,
    bulkLimit: parsed.BULK_LIMIT,
    waitingMax: parsed.WAITING_MAX,
  };
}
export type Config = ReturnType<typeof loadConfig>;
