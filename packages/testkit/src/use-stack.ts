import { randomUUID } from 'node:crypto';
import { freePort, type ServerProcess } from '@waggle/local-stack';
import { applyTopics } from '@waggle/setup';
import { createProducer, type KafkaRecord, type KafkaSettings } from '@waggle/kafka';
import { createLogger, startAll, type Component } from '@waggle/runtime';
import { afterAll, beforeAll } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { collectTopic, type Collected } from './collect-topic.ts';
import { createDatabase, dropDatabase, isOwner, OWNERS, templateOf, urlOfDatabase, type Owner } from './databases.ts';
import { createWorkspace, SERVICES, startService, type ServiceName } from './service-process.ts';
import { eventually } from './eventually.ts';
import { readTestServers, type TestServers } from './test-servers.ts';

// Enough for order across partitions and for sharing them among instances. The dozen of `infra/topics.json` takes the broker five times as long to
// create, for each file anew.
const PARTITIONS = 3;
const DAY_MS = '86400000';

/** What gets no processor for a while is not away. */
const PATIENT = { REDIS_TIMEOUT_MS: '5000', DATABASE_TIMEOUT_MS: '15000', KAFKA_TIMEOUT_MS: '15000', INTERNAL_TIMEOUT_MS: '15000', INBOUND_WAIT_MS: '15000' };
/** For tests about what is away: every time-out as it is delivered. */
export const AS_DELIVERED: NodeJS.ProcessEnv = Object.fromEntries(Object.keys(PATIENT).map((name) => [name, undefined]));

/** What one test file owns: cloned databases, a topic prefix, an empty Redis, ports, and the environment for its services. */
export interface Stack {
  kafka: KafkaSettings;
  /** For tests that freeze the broker; 0 where it is not a process of this machine. */
  kafkaPid: number;
  redisUrl: string;
  databaseUrl(owner: Owner): string;
  /** A pool on that database, for looking. */
  db(owner: Owner): pg.Pool;
  /** What all services share. */
  env: NodeJS.ProcessEnv;
  /** Everything that one service needs, ports included. `overrides` wins. */
  envOf(service: ServiceName, overrides?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
  urlOf(service: ServiceName): string;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  /** Everything published to a topic, in order per key. To be called before the tests begin. */
  collect(topic: string): Collected[];
  /** Starts parts in this process; they are stopped by the answer, at the latest after the file. */
  run(components: readonly Component[]): Promise<() => Promise<void>>;
  /** Starts a service as a process of its own. */
  start(service: ServiceName, overrides?: NodeJS.ProcessEnv): Promise<ServerProcess>;
  createWorkspace(): Promise<{ workspaceId: string; systemKey: string }>;
}

/** `servers`: those of the run, unless a test brings its own to stop them. */
export function useStack(servers: TestServers = readTestServers()): Stack {
  const { kafkaBroker, kafkaPid, postgresUrl, redisUrl: redisServerUrl, logs } = servers;
  const redisUrl = `${redisServerUrl}/${process.env['JEST_WORKER_ID'] ?? 0}`;
  const id = `t${randomUUID().slice(0, 8)}`;
  const kafka = { brokers: [kafkaBroker], clientId: 'test', prefix: `${id}.` };
  const logger = createLogger('test', process.env['LOG_LEVEL'] ?? 'silent');
  const producer = createProducer(kafka, logger);
  const nameOf = (owner: Owner) => `${id}_${owner.replaceAll('-', '_')}`;
  const databaseUrl = (owner: Owner) => urlOfDatabase(postgresUrl, nameOf(owner));
  const pools = createPools(databaseUrl);
  const ports = new Map<string, number>();
  const collectors: Component[] = [];
  const running = createRunning();

  const portOf = (name: string) => ports.get(name) ?? 0;
  const internalUrlOf = (service: ServiceName) => `http://127.0.0.1:${portOf(`${service} internal`)}`;
  const env = sharedEnvironment({ kafkaBroker, prefix: kafka.prefix, redisUrl, id });

  const stack: Stack = {
    kafka,
    kafkaPid,
    redisUrl,
    env,
    databaseUrl,
    db: pools.of,
    envOf: (service, overrides = {}) => ({
      ...env,
      ...(isOwner(service) && { DATABASE_URL: databaseUrl(service) }),
      PORT: String(portOf(service)),
      INTERNAL_PORT: String(portOf(`${service} internal`)),
      CORE_INTERNAL_URLS: internalUrlOf('behavior-core'),
      DISPATCHER_INTERNAL_URLS: internalUrlOf('outbound-dispatcher'),
      ...(service === 'gateway' && { UPSTREAMS: JSON.stringify(Object.fromEntries(SERVICES.map((name) => [name, [stack.urlOf(name)]]))) }),
      ...overrides,
    }),
    urlOf: (service) => `http://127.0.0.1:${portOf(service)}`,
    // The leaders of topics that were just made are not known everywhere yet.
    publish: (records) => eventually(() => producer.publish(records)),
    collect(topic) {
      const into: Collected[] = [];
      collectors.push(collectTopic(kafka, topic, into));
      return into;
    },
    run: async (components) => running.add(await startAll(components)),
    async start(service, overrides) {
      const started = await startService(service, stack.envOf(service, overrides), logs);
      running.add(() => started.stop());
      return started;
    },
    createWorkspace: () => createWorkspace(databaseUrl('behavior-core')),
  };

  beforeAll(async () => {
    for (const name of [...SERVICES, 'gateway'].flatMap((service) => [service, `${service} internal`])) ports.set(name, await freePort());
    await Promise.all([...OWNERS.map((owner) => createDatabase(postgresUrl, nameOf(owner), templateOf(owner))), flushRedis(redisUrl), applyTopics(kafka, { numPartitions: PARTITIONS })]);
    await stack.run([producer, ...collectors]);
  }, 60_000);

  afterAll(async () => {
    await running.stopAll();
    await pools.end();
    for (const owner of OWNERS) await dropDatabase(postgresUrl, nameOf(owner));
  }, 60_000);
  return stack;
}

/** What was started last is stopped first. */
function createRunning() {
  const stops: (() => Promise<void>)[] = [];
  return {
    add(stop: () => Promise<void>) {
      stops.unshift(stop);
      return async () => {
        stops.splice(stops.indexOf(stop), 1);
        await stop();
      };
    },
    async stopAll() {
      for (const stop of stops) await stop();
    },
  };
}

function createPools(databaseUrl: (owner: Owner) => string) {
  const pools = new Map<Owner, pg.Pool>();
  return {
    of(owner: Owner): pg.Pool {
      const known = pools.get(owner);
      if (known !== undefined) return known;
      // Pipelined, as a service's own: parts of services are tried on it.
      const pool = new pg.Pool({ connectionString: databaseUrl(owner), max: 4, pipeline: true });
      pool.on('error', () => {}); // a test may end the server
      pools.set(owner, pool);
      return pool;
    },
    async end() {
      for (const pool of pools.values()) await pool.end();
    },
  };
}

function sharedEnvironment({ kafkaBroker, prefix, redisUrl, id }: { kafkaBroker: string; prefix: string; redisUrl: string; id: string }) {
  return {
    KAFKA_BROKERS: kafkaBroker,
    KAFKA_PREFIX: prefix,
    REDIS_URL: redisUrl,
    ...PATIENT,
    // What happens by itself at some hour of the day happens where a test asks for it.
    REMINDER_INTERVAL_MS: DAY_MS,
    DAY_SWEEP_INTERVAL_MS: DAY_MS,
    INSTANCE_ID: id,
    INTERNAL_TOKEN: 'an internal token for tests',
    OPERATION_SECRET: '0123456789abcdef'.repeat(4),
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
  };
}

/** The worker's own Redis database: what an earlier file has counted must not limit this one. */
async function flushRedis(url: string) {
  const redis = new Redis(url);
  await redis.flushdb();
  redis.disconnect();
}
