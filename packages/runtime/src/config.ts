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

/** What every service reads. */
export const serviceEnvironment = {
  /** The address to listen on. Nobody but this machine, unless somebody decides otherwise. */
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(3000),
  INTERNAL_PORT: port.default(3001),
  INSTANCE_ID: z.string().default(`${hostname()}-${process.pid}`),
  INSTANCES: count(1),
  PUBLIC_URL: z.url().default('http://localhost:8080'),
  KAFKA_BROKERS: list,
  KAFKA_PREFIX: z.string().default(''),
  REDIS_URL: z.url(),
  INTERNAL_TOKEN: z.string().min(16),
  LOG_LEVEL: z.string().default('info'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(10_000),
};
