import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSecrets } from '@waggle/setup';
import { BI_USER, startKafka } from './kafka.ts';
import { createInstaller } from './packages.ts';
import { rememberPorts } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import type { ServerProcess } from './server-process.ts';

const CACHE = join(import.meta.dirname, '../../../.waggle/cache');

interface ServersOptions {
  /** One line per step that takes time; default: standard error. */
  report?: (line: string) => void;
  /** For tests: Kafka is ready sooner and slower under load. */
  isShortLived?: boolean;
  /** Gives the start up and stops what was started. */
  signal?: AbortSignal;
  /** Of packages that were fetched; default: `.waggle/cache` of this clone, also for servers whose data is elsewhere. */
  cache?: string;
}

export type Servers = Awaited<ReturnType<typeof startServers>>;

/**
 * Kafka, PostgreSQL and Redis as processes on loopback ports, with their data, logs, ports and secrets in one directory.
 * One whose address is in the environment is not started, but used.
 */
export async function startServers(
  directory: string,
  { report = toStandardError, isShortLived = false, signal, cache = CACHE }: ServersOptions = {},
) {
  const logs = join(directory, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const secrets = openSecrets(join(directory, 'secrets.json'));
  const portOf = await rememberPorts(join(directory, 'ports.json'), ['kafka', 'kafkaExternal', 'kafkaController', 'postgres', 'redis']);
  const shared = { directory: join(directory, 'data'), installer: createInstaller({ cache, report, signal }), signal };
  mkdirSync(shared.directory, { recursive: true, mode: 0o700 });
  const kafkaPorts = { internal: portOf('kafka'), external: portOf('kafkaExternal'), controller: portOf('kafkaController') };
  const starting = [
    startKafka({ ...shared, logFile: join(logs, 'kafka.log'), ports: kafkaPorts, biPassword: secrets.biPassword, isShortLived }),
    startPostgres({ ...shared, logFile: join(logs, 'postgres.log'), port: portOf('postgres'), password: secrets.postgresPassword }),
    startRedis({ ...shared, logFile: join(logs, 'redis.log'), port: portOf('redis') }),
  ] as const;
  const [kafka, postgres, redis] = await Promise.all(starting).catch((error: unknown) => stopStarted(starting, error));
  const servers = [kafka.server, postgres.server, redis.server].filter((server) => server !== null);
  return {
    servers,
    versions: { kafka: kafka.version, postgres: postgres.version, redis: redis.version },
    kafkaBroker: kafka.brokers,
    /** Of the broker as it was started; after a restart see `servers`. Zero for one that is not ours. */
    kafkaPid: kafka.server?.pid ?? 0,
    postgresUrl: postgres.url,
    redisUrl: redis.url,
    /** The read-only user's way in; null for a broker that is not ours. */
    bi: kafka.externalBrokers === null ? null : { brokers: kafka.externalBrokers, username: BI_USER, password: secrets.biPassword },
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

function toStandardError(line: string) {
  process.stderr.write(`${line}\n`);
}

/** When one cannot start, the others must not be left behind. */
async function stopStarted(starting: readonly Promise<{ server: ServerProcess | null }>[], error: unknown): Promise<never> {
  const outcomes = await Promise.allSettled(starting);
  await Promise.all(outcomes.map(async (outcome) => outcome.status === 'fulfilled' && outcome.value.server?.stop()));
  throw error;
}
