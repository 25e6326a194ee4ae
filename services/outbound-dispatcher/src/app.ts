import { createCleaner, createIdempotentRequests, openDatabase, type Database } from '@waggle/database';
import { apiRouter, createCoreDirectory, createHttpServer, createLimit, createRedis } from '@waggle/http';
import { createConsumer, createProducer, type BatchHandler } from '@waggle/kafka';
import { createOutboxRelay } from '@waggle/outbox';
import { createHealthServer, createLogger, createMetrics, createSealedBox, together, type Logger, type Registry, type SealedBox } from '@waggle/runtime';
import { createDeliveryLog } from './adapters/delivery-log.ts';
import { createDeliveryQueue } from './adapters/delivery-queue.ts';
import { createEgress, type Egress } from './adapters/egress.ts';
import { createEndpointDirectory } from './adapters/endpoint-directory.ts';
import { createEndpointStore } from './adapters/endpoint-store.ts';
import { createErasureStore } from './adapters/erasure-store.ts';
import { createSender } from './adapters/sender.ts';
import type { Config } from './config.ts';
import { behaviorEventHandler } from './consumers/behavior-event.ts';
import { campaignEventHandler } from './consumers/campaign-event.ts';
import { userErasureHandler } from './consumers/user-erasure.ts';
import { createAttempt } from './delivery/attempt.ts';
import { createAttemptMetrics, registerHeldGauge } from './delivery/attempt-metrics.ts';
import { createDeliveryEngine } from './delivery/engine.ts';
import { createFanOut } from './delivery/fan-out.ts';
import { judgeEndpointUrl } from './domain/endpoint-url.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { eventTypeRoutes } from './routes/event-types.ts';

interface Shared {
  database: Database;
  box: SealedBox;
  egress: Egress;
  logger: Logger;
  metrics: Registry;
}

export function createApp(config: Config) {
  const logger = createLogger('outbound-dispatcher', config.logLevel);
  const metrics = createMetrics('outbound-dispatcher');
  const database = openDatabase(config.database);
  const redis = createRedis(config.redisUrl, logger);
  const producer = createProducer(config.kafka, logger);
  const box = createSealedBox(config.encryptionKeys);
  const egress = createEgress({ exceptions: config.egressExceptions });
  const { engine, fanOut } = createDeliveries(config, { database, box, egress, logger, metrics });

  // A group per topic: members of one group are expected to read the same topics.
  const consume = (name: string, handler: BatchHandler) =>
    createConsumer(
      {
        kafka: config.kafka,
        groupId: `outbound-dispatcher.${name}`,
        deadLetterTopic: 'private.outbound-dispatcher.dead-letter.v1',
        silentAfterMs: 30_000,
        stuckAfterMs: 10_000,
      },
      { handler, publish: producer.publish, logger },
    );

  // What is administered here stands in the core's audit log.
  const relaySettings = { relayId: config.leaseOwner, databaseUrl: config.database.url, sweepIntervalMs: 1_000 };
  const relay = createOutboxRelay({ db: database.pool, publish: producer.publish, logger }, relaySettings);

  const admit = createLimit({ redis: redis.client, logger, metrics, instances: config.instances });
  const idempotentRequests = createIdempotentRequests(database, box);
  const api = apiRouter({ findKey: createCoreDirectory(config.core).findKey, admit, apiPolicy: config.apiPolicy, runOnce: idempotentRequests.runOnce }, [
    ...endpointRoutes({
      store: createEndpointStore(database.pool),
      judgeUrl: (text) => judgeEndpointUrl(text, { allowsInsecure: config.allowsInsecureEndpoints, isAllowedAddress: egress.isAllowed }),
      mayReach: egress.mayReach,
      sealSecret: box.seal,
      wake: (keys) => database.afterCommit(() => relay.wake(keys)),
    }),
    ...deliveryRoutes({ log: createDeliveryLog(database.pool) }),
    ...eventTypeRoutes(),
  ]);

  const server = createHttpServer({ host: config.host, port: config.port, publicUrl: config.publicUrl, routers: [api], logger, metrics });
  const consumers = together('consumers', [
    consume('behavior-event', behaviorEventHandler({ fanOut })),
    consume('campaign-event', campaignEventHandler({ fanOut })),
    consume('user-erasure', userErasureHandler({ erase: createErasureStore(database.pool).erase, publish: producer.publish })),
  ]);
  const components = [
    database,
    redis,
    producer,
    relay,
    engine,
    consumers,
    createCleaner([{ what: 'idempotent requests', remove: idempotentRequests.removeExpired }], { intervalMs: config.cleanIntervalMs, logger }),
    server,
  ];
  const health = createHealthServer({ host: config.host, port: config.internalPort, components, metrics });
  return { logger, routes: server.routes, components: [...components, health] };
}

/** From events to requests: fan-out, the leased queue, the engine that empties it. */
function createDeliveries(config: Config, { database, box, egress, logger, metrics }: Shared) {
  const { leaseMs, attemptTimeoutMs } = config;
  const directory = createEndpointDirectory();
  const queue = createDeliveryQueue(database.pool, { owner: config.leaseOwner, leaseMs });
  const attempt = createAttempt(
    {
      findEndpoint: directory.find,
      openSecret: box.open,
      send: createSender(egress, { timeoutMs: attemptTimeoutMs }),
      metrics: createAttemptMetrics(metrics),
      logger,
    },
    { delaysMs: config.retryDelaysMs },
  );
  const engine = createDeliveryEngine(
    { queue, refreshEndpoints: () => directory.refresh(database.pool), attempt, logger },
    { lanes: { perEndpoint: 8, inAll: 1_000, heldPerEndpoint: 1_000, heldInAll: 5_000, leaseMs }, attemptTimeoutMs, pollMs: 200 },
  );
  registerHeldGauge(metrics, engine.held);
  return { engine, fanOut: createFanOut({ pool: database.pool, directory, insert: queue.insert, engine }, { leaseMs }) };
}
