import { createCleaner, createIdempotentRequests, openDatabase, type Database } from '@waggle/database';
import {
  apiRouter, createCoreDirectory, createHttpServer, createInstanceCount, createInternalApp, createInternalClient, createLimit, createOperationIds, createRedis, type Route, type RunOnce,
} from '@waggle/http';
import { createConsumer, createProducer, userErasureHandler, type BatchHandler, type KafkaRecord } from '@waggle/kafka';
import { createOutboxRelay } from '@waggle/outbox';
import { createHealthServer, createLogger, createMetrics, createSealedBox, together, type Logger, type Registry } from '@waggle/runtime';
import { createDeliveryLog } from './adapters/delivery-log.ts';
import { createDeliveryQueue } from './adapters/delivery-queue.ts';
import { deliveryRetention } from './adapters/delivery-retention.ts';
import { createDeliveryResults } from './adapters/delivery-results.ts';
import { createEgress, type Egress } from './adapters/egress.ts';
import { createEndpointDirectory } from './adapters/endpoint-directory.ts';
import { createEndpointHours, type EndpointHours } from './adapters/endpoint-hours.ts';
import { createEndpointPauses } from './adapters/endpoint-pauses.ts';
import { createEndpointSecrets, type EndpointSecrets } from './adapters/endpoint-secrets.ts';
import { createEndpointStore, type EndpointStore } from './adapters/endpoint-store.ts';
import { createErasureStore } from './adapters/erasure-store.ts';
import { createReplayStore, type ReplayStore } from './adapters/replay-store.ts';
import { createSender, KEPT_MAX_BYTES, READ_MAX_BYTES } from './adapters/sender.ts';
import { createTestDeliveries } from './adapters/test-deliveries.ts';
import { createChannels } from './channels.ts';
import type { Config } from './config.ts';
import { behaviorEventHandler } from './consumers/behavior-event.ts';
import { campaignEventHandler } from './consumers/campaign-event.ts';
import { createAttempt } from './delivery/attempt.ts';
import { createAttemptMetrics, registerHeldGauge } from './delivery/attempt-metrics.ts';
import { createBreaker, createBreakerMetrics } from './delivery/breaker.ts';
import { createDeliveryEngine, type DeliveryEngine } from './delivery/engine.ts';
import { createFanOut } from './delivery/fan-out.ts';
import { createReplayer, type Replayer } from './delivery/replayer.ts';
import { createReportResults } from './delivery/report-results.ts';
import { createSendAttempt, type SendAttempt } from './delivery/send-attempt.ts';
import { judgeEndpointUrl } from './domain/endpoint-url.ts';
import { createAdministerEndpoint, createViewsOf } from './routes/administer-endpoint.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { endpointActionRoutes } from './routes/endpoint-actions.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { eventTypeRoutes } from './routes/event-types.ts';
import { findOperationRoute, replayRoute } from './routes/replays.ts';
import { testSendRoute } from './routes/test-sends.ts';

interface Shared {
  database: Database;
  sendAttempt: SendAttempt;
  store: EndpointStore;
  hours: EndpointHours;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  wake(keys: readonly string[]): void;
  logger: Logger;
  metrics: Registry;
}

export function createApp(config: Config) {
  const logger = createLogger('outbound-dispatcher', config.logLevel);
  const metrics = createMetrics('outbound-dispatcher');
  const database = openDatabase(config.database);
  const redis = createRedis(config.redis, logger);
  const instances = createInstanceCount({ redis: redis.client, logger, service: 'outbound-dispatcher', instanceId: config.instanceId });
  const producer = createProducer(config.kafka, logger);
  const box = createSealedBox(config.encryptionKeys);
  const egress = createEgress({ exceptions: config.egressExceptions, proxyUrl: config.egressProxyUrl, timeoutMs: config.attemptTimeoutMs });
  // A group per topic: members of one group are expected to read the same topics.
  const consume = (name: string, handler: BatchHandler) =>
    createConsumer(
      {
        kafka: config.kafka,
        groupId: `outbound-dispatcher.${name}`,
        deadLetterTopic: 'private.outbound-dispatcher.dead-letter.v1',
      },
      { handler, publish: producer.publish, logger, metrics },
    );

  // What is administered here stands in the core's audit log.
  const relaySettings = { relayId: config.leaseOwner, databaseUrl: config.database.url, sweepIntervalMs: 1_000 };
  const relay = createOutboxRelay({ db: database.pool, publish: producer.publish, logger }, relaySettings);

  const wake = (keys: readonly string[]) => database.afterCommit(() => relay.wake(keys));
  const secrets = createEndpointSecrets(box);
  const { attemptTimeoutMs: timeoutMs } = config;
  const sendAttempt = createSendAttempt({ secrets, send: createSender(egress, { timeoutMs, keptMaxBytes: KEPT_MAX_BYTES }) });
  const judgeUrl = (text: string) => judgeEndpointUrl(text, { allowsInsecure: config.allowsInsecureEndpoints, isAllowedAddress: egress.isAllowed });
  const store = createEndpointStore(database.pool, { perOwnerMax: config.endpointsPerOwnerMax });
  const hours = createEndpointHours(database.pool, logger, timeoutMs);
  const { engine, fanOut } = createDeliveries(config, { database, sendAttempt, store, hours, publish: producer.publish, wake, logger, metrics });

  const channels = createChannels(
    { pool: database.pool, askCore: createInternalClient(config.core), send: createSender(egress, { timeoutMs, keptMaxBytes: READ_MAX_BYTES }), judgeUrl, mayReach: egress.mayReach, wake, logger, metrics }, config,
  );
  const replays = createReplayStore(database.pool);
  const replayer = createReplayer({ store: replays, wakeEngine: engine.wake, logger });
  const idempotentRequests = createIdempotentRequests(database, box);
  const admit = createLimit({ redis: redis.client, logger, metrics, instances });
  const api = apiRouter(
    { findKey: createCoreDirectory(config.core).findKey, admit, apiPolicy: config.apiPolicy, runOnce: idempotentRequests.runOnce },
    [...channels.routes, ...createRoutes(config, { database, store, hours, secrets, egress, judgeUrl, sendAttempt, wake, wakeEngine: engine.wake, replays, replayer, runOnce: idempotentRequests.runOnce })],
  );
  const server = createHttpServer({ ...config, routers: [api], logger, metrics });
  const consumers = together('consumers', [
    consume('behavior-event', behaviorEventHandler({ fanOut })),
    consume('channel-message', channels.handler),
    consume('campaign-event', campaignEventHandler({ fanOut })),
    consume('user-erasure', userErasureHandler('outbound-dispatcher', { erase: createErasureStore(database.pool).erase, publish: producer.publish })),
  ]);
  const components = [
    database, redis, instances, producer, relay, hours, engine, channels.engine, replayer, consumers,
    createCleaner([
      { what: 'idempotent requests', remove: idempotentRequests.removeExpired },
      { what: 'statistics', remove: hours.removeExpired },
      { what: 'channel messages', remove: channels.removeExpired },
      { what: 'replays', remove: replays.removeExpired },
      deliveryRetention(database.pool, config.deliveryRetentionDays),
    ], { intervalMs: config.cleanIntervalMs, logger }),
    server,
  ];
  const internal = createInternalApp(config.internalToken, [findOperationRoute(replays), channels.internalRouter]);
  const health = createHealthServer({ host: config.host, port: config.internalPort, components, metrics, otherwise: internal });
  return { logger, routes: server.routes, components: [...components, health] };
}

interface RoutesDeps {
  database: Database;
  store: EndpointStore;
  hours: EndpointHours;
  secrets: EndpointSecrets;
  egress: Egress;
  judgeUrl(text: string): ReturnType<typeof judgeEndpointUrl>;
  sendAttempt: SendAttempt;
  wake(keys: readonly string[]): void;
  wakeEngine(): void;
  replays: ReplayStore;
  replayer: Pick<Replayer, 'wake'>;
  runOnce: RunOnce;
}

function createRoutes(config: Config, { database, store, hours, secrets, egress, judgeUrl, sendAttempt, wake, wakeEngine, replays, replayer, runOnce }: RoutesDeps): Route[] {
  const viewsOf = createViewsOf({ secrets, statsOf: hours.statsOf });
  const administer = createAdministerEndpoint({ viewsOf, wake });
  return [
    ...endpointRoutes({ store, judgeUrl, mayReach: egress.mayReach, secrets, viewsOf, administer, wake }),
    ...endpointActionRoutes({ store, secrets, administer }),
    testSendRoute({ findReceiver: store.findReceiver, sendAttempt, keep: createTestDeliveries(database.pool).keep, runOnce }),
    replayRoute({
      store: replays, operationIds: createOperationIds(config.operationSecret), wake, wakeReplayer: () => database.afterCommit(replayer.wake),
    }),
    ...deliveryRoutes({ log: createDeliveryLog(database.pool), wakeEngine: () => database.afterCommit(wakeEngine) }),
    ...eventTypeRoutes(),
  ];
}

/** From events to requests: fan-out, the leased queue, the engine that empties it. */
function createDeliveries(config: Config, { database, sendAttempt, store, hours, publish, wake, logger, metrics }: Shared) {
  const { leaseMs, attemptTimeoutMs, leaseOwner: owner } = config;
  const directory = createEndpointDirectory();
  const queue = createDeliveryQueue(database.pool, { owner, leaseMs });
  const { record } = createDeliveryResults(database.pool, { owner });
  const attempt = createAttempt({ findEndpoint: directory.find, sendAttempt, metrics: createAttemptMetrics(metrics), logger }, { delaysMs: config.retryDelaysMs });
  const pauses = createEndpointPauses(database.pool, { firstMs: config.retryDelaysMs[0] ?? 5_000, leaseMs });
  const breakerMetrics = createBreakerMetrics(metrics, () => directory.paused().length);
  const refreshEndpoints = () => directory.refresh(database.pool);
  const observe = createBreaker({ pauses, isPaused: directory.isPaused, refreshEndpoints, handBack: (id) => engine.handBack(id), metrics: breakerMetrics, logger });
  const report = createReportResults({
    record,
    publish,
    count: hours.add,
    disable: async (endpoint) => { await store.disableUnhealthy(endpoint); wake([endpoint.id]); },
    observe,
    wake,
    logger,
  });
  const engine: DeliveryEngine = createDeliveryEngine(
    { queue, breaker: { ...directory, probe: pauses.probe }, report, refreshEndpoints, attempt, logger },
    { lanes: { perEndpoint: directory.maxInFlight, inAll: 1_000, heldPerEndpoint: 4_000, heldInAll: 10_000, leaseMs }, attemptTimeoutMs, pollMs: 200 },
  );
  registerHeldGauge(metrics, engine.held);
  return { engine, fanOut: createFanOut({ pool: database.pool, directory, queue, engine }, { leaseMs }) };
}
