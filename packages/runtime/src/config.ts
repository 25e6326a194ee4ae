import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** Parses the environment or throws with every fault in one readable text. `X_FILE` stands for an X that is in that file: a secret. */
export function parseEnvironment<Schema extends z.ZodObject>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> {
  const parsed = schema.safeParse({ ...readFiles(Object.keys(schema.shape), env), ...env });
  if (!parsed.success) throw new Error(`Environment:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Only of variables that are known: others have `…_FILE` variables of their own. */
function readFiles(names: readonly string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const given = names.flatMap((name) => (env[`${name}_FILE`] === undefined ? [] : [[name, env[`${name}_FILE`]] as const]));
  return Object.fromEntries(given.map(([name, path]) => [name, readFileSync(String(path), 'utf8').trim()]));
}

export const list = z.string().transform((text) => text.split(',').filter((item) => item !== ''));
export const milliseconds = (fallback: number) => z.coerce.number().int().positive().default(fallback);
export const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
export const port = z.coerce.number().int().min(0).max(65_535);
export const flag = z.enum(['true', 'false']).default('false').transform((text) => text === 'true');

/** What every process reads, the gateway's too. */
export const processEnvironment = {
  /** The address to listen on. Nobody but this machine, unless somebody decides otherwise. */
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(3000),
  INTERNAL_PORT: port.default(3001),
  /** Without a slash at its end: paths are put behind it. */
  PUBLIC_URL: z.url().default('http://localhost:8080').transform((url) => url.replace(/\/$/, '')),
  LOG_LEVEL: z.string().default('info'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(10_000),
};

/** What every service reads. */
export const serviceEnvironment = {
  ...processEnvironment,
  INSTANCE_ID: z.string().default(`${hostname()}-${process.pid}`),
  KAFKA_BROKERS: list,
  KAFKA_PREFIX: z.string().default(''),
  REDIS_URL: z.url(),
  /** An answer that takes longer is done without: limits are counted in the process then. Requests wait for it, so it is short. */
  REDIS_TIMEOUT_MS: milliseconds(100),
  INTERNAL_TOKEN: z.string().min(16),
  /** Of a question to another service's instance; then the next one is asked. */
  INTERNAL_TIMEOUT_MS: milliseconds(1_000),
  /** How long a request's body may take to arrive; streams have their own rule. */
  BODY_TIMEOUT_MS: milliseconds(60_000),
};

/** What a service with a database reads beside it. */
export const databaseEnvironment = (connectionsMax: number) => ({
  DATABASE_URL: z.url(),
  DATABASE_CONNECTIONS_MAX: count(connectionsMax),
  /** Of a statement. Clients are promised an answer within three seconds. */
  DATABASE_TIMEOUT_MS: z.coerce.number().int().min(500).default(2_500),
});

type Parsed<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;

export function processConfig(parsed: Parsed<typeof processEnvironment>) {
  return {
    host: parsed.HOST,
    port: parsed.PORT,
    internalPort: parsed.INTERNAL_PORT,
    publicUrl: parsed.PUBLIC_URL,
    logLevel: parsed.LOG_LEVEL,
    shutdownTimeoutMs: parsed.SHUTDOWN_TIMEOUT_MS,
  };
}

/** `name` is the service's own, as its servers see it. */
export function serviceConfig(parsed: Parsed<typeof serviceEnvironment>, name: string) {
  return {
    ...processConfig(parsed),
    instanceId: parsed.INSTANCE_ID,
    kafka: { brokers: parsed.KAFKA_BROKERS, clientId: name, prefix: parsed.KAFKA_PREFIX, publicUrl: parsed.PUBLIC_URL },
    redis: { url: parsed.REDIS_URL, timeoutMs: parsed.REDIS_TIMEOUT_MS },
    internalToken: parsed.INTERNAL_TOKEN,
    internalTimeoutMs: parsed.INTERNAL_TIMEOUT_MS,
    bodyTimeoutMs: parsed.BODY_TIMEOUT_MS,
  };
}

export function databaseConfig(parsed: Parsed<ReturnType<typeof databaseEnvironment>>, name: string) {
  return { url: parsed.DATABASE_URL, connectionsMax: parsed.DATABASE_CONNECTIONS_MAX, timeoutMs: parsed.DATABASE_TIMEOUT_MS, name };
}
