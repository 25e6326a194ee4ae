import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** Parses the environment or throws with every fault in one readable text. `X_FILE` stands for an X that is in that file: a secret. */
export function parseEnvironment<Schema extends z.ZodType>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> {
  const parsed = schema.safeParse({ ...readFiles(env), ...env });
  if (!parsed.success) throw new Error(`Environment:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function readFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const named = Object.entries(env).filter(([name]) => name.endsWith('_FILE'));
  return Object.fromEntries(named.map(([name, path]) => [name.slice(0, -'_FILE'.length), readFileSync(String(path), 'utf8').trim()]));
}

export const list = z.string().transform((text) => text.split(',').filter((item) => item !== ''));
export const milliseconds = (fallback: number) => z.coerce.number().int().positive().default(fallback);
export const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
export const port = z.coerce.number().int().min(0).max(65_535);
export const flag = z.enum(['true', 'false']).default('false').transform((text) => text === 'true');

/** What every service reads. */
export const serviceEnvironment = {
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
