import { milliseconds, parseEnvironment, port } from '@waggle/runtime';
import { z } from 'zod';

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});

const upstreams = z.record(z.string(), z.array(z.url({ protocol: /^http$/ })).nonempty());

const environment = z.object({
  PORT: port.default(8080),
  INTERNAL_PORT: port.default(8081),
  /** This gateway is the local stack's: nobody but this machine is served unless told so. */
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: z.url().default('http://localhost:8080'),
  /** Service → the addresses of its instances. */
  UPSTREAMS: json.pipe(upstreams),
  /** Requests of one client address; 0: any number. */
  ADDRESS_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(0),
  LOG_LEVEL: z.string().default('info'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(10_000),
});

export function loadConfig(env: NodeJS.ProcessEnv) {
  const parsed = parseEnvironment(environment, env);
  return {
    port: parsed.PORT,
    internalPort: parsed.INTERNAL_PORT,
    host: parsed.HOST,
    publicUrl: parsed.PUBLIC_URL.replace(/\/$/, ''),
    upstreams: parsed.UPSTREAMS,
    addressLimitPerMinute: parsed.ADDRESS_LIMIT_PER_MINUTE,
    logLevel: parsed.LOG_LEVEL,
    shutdownTimeoutMs: parsed.SHUTDOWN_TIMEOUT_MS,
  };
}
export type Config = ReturnType<typeof loadConfig>;
