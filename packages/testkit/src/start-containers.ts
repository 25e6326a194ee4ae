import { freePort } from '@waggle/local-stack';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import type { TestServers } from './test-servers.ts';

export interface RunningServers extends Pick<TestServers, 'kafkaBroker' | 'kafkaPid' | 'postgresUrl' | 'redisUrl' | 'bi'> {
  stop(): Promise<void>;
}

const PASSWORD = 'test';
const STARTED_WITHIN_MS = 120_000;

/** The tests' servers from Testcontainers (`TEST_SERVERS=testcontainers`). KAFKA_IMAGE, POSTGRES_IMAGE and REDIS_IMAGE name other versions. */
export async function startContainers(): Promise<RunningServers> {
  const kafkaPort = await freePort();
  const starting = [startKafka(kafkaPort), startPostgres(), startRedis()] as const;
  try {
    const [, postgres, redis] = await Promise.all(starting);
    return {
      kafkaBroker: `127.0.0.1:${kafkaPort}`,
      kafkaPid: 0,
      bi: null,
      postgresUrl: `postgres://postgres:${PASSWORD}@${addressOf(postgres, 5432)}/postgres`,
      redisUrl: `redis://${addressOf(redis, 6379)}`,
      stop: () => stopAll(starting),
    };
  } catch (error) {
    await stopAll(starting);
    throw error;
  }
}

const addressOf = (container: StartedTestContainer, port: number) => `${container.getHost()}:${container.getMappedPort(port)}`;

async function stopAll(starting: readonly Promise<StartedTestContainer>[]): Promise<void> {
  const outcomes = await Promise.allSettled(starting);
  await Promise.all(outcomes.map(async (outcome) => outcome.status === 'fulfilled' && outcome.value.stop()));
}

/** A broker tells its clients where it is: its port has to be known before it starts. */
function startKafka(hostPort: number) {
  return new GenericContainer(process.env['KAFKA_IMAGE'] ?? 'apache/kafka:4.3.1')
    .withExposedPorts({ container: 19_092, host: hostPort })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'TEST://:19092,CONTROLLER://localhost:9093',
      KAFKA_ADVERTISED_LISTENERS: `TEST://127.0.0.1:${hostPort}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'TEST:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'TEST',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_HEAP_OPTS: '-Xms64m -Xmx256m',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(STARTED_WITHIN_MS)
    .start();
}

function startPostgres() {
  return new GenericContainer(process.env['POSTGRES_IMAGE'] ?? 'postgres:17')
    .withExposedPorts(5432)
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'])
    // Twice: the first is the server that only initialises the data directory.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(STARTED_WITHIN_MS)
    .start();
}

function startRedis() {
  return new GenericContainer(process.env['REDIS_IMAGE'] ?? 'redis:8')
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .withStartupTimeout(STARTED_WITHIN_MS)
    .start();
}
