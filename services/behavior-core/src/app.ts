import { keptOperation } from '@waggle/contracts';
import { createCleaner, createIdempotentRequests, openDatabase } from '@waggle/database';
import { apiRouter, createHttpServer, createInstanceCount, createInternalApp, createInternalClient, createLimit, createOperationIds, createRedis, perMinute } from '@waggle/http';
import { createConsumer, createProducer, type BatchHandler, type ConsumerSettings } from '@waggle/kafka';
import { createOutboxRelay } from '@waggle/outbox';
import { createHealthServer, createLogger, createMetrics, createRightOfWay, createSealedBox, together } from '@waggle/runtime';
import { createActivities } from './activities.ts';
import { createOperationStore } from './adapters/operation-store.ts';
import { createEndOperations } from './adapters/bulk/under-way.ts';
import { createReplySender } from './adapters/reply-sender.ts';
import { OPERATIONS_KEPT_DAYS, retentionTasks } from './adapters/retention.ts';
import { createBulk } from './bulk.ts';
import { createCampaigns } from './campaigns.ts';
import { createChannels } from './channels.ts';
import type { Config } from './config.ts';
import { createPeople } from './people.ts';
import { createReminders } from './reminders.ts';
import { operationsRoutes } from './routes/operations.ts';

/** A record may be hundreds of items: a few make a batch of seconds, and more need not wait in memory. Parsing what was fetched holds the loop. */
const BULK_CONSUMER = { pendingMax: 24, fetchBytesMax: 65_536, stuckAfterMs: 60_000 };

export function createApp(config: Config) {
  const logger = createLogger('behavior-core', config.logLevel);
  const metrics = createMetrics('behavior-core');
  const database = openDatabase(config.database);
  const { pool } = database;
  const redis = createRedis(config.redis, logger);
  const instances = createInstanceCount({ redis: redis.client, logger, service: 'behavior-core', instanceId: config.instanceId });
  const producer = createProducer(config.kafka, logger);
  const relaySettings = { relayId: `${config.instanceId}-${crypto.randomUUID()}`, databaseUrl: config.database.url, sweepIntervalMs: config.sweepIntervalMs };
  const relay = createOutboxRelay({ db: pool, publish: producer.publish, logger }, relaySettings);
  // A request with an Idempotency-Key commits as a whole, after its handler: to wake the relay before that would find nothing.
  const wake = (keys: readonly string[]) => database.afterCommit(() => relay.wake(keys));
  const sealedBox = createSealedBox(config.encryptionKeys);
  const idempotentRequests = createIdempotentRequests(database, sealedBox);
  const now = () => new Date();

  const consume = (handler: BatchHandler, groupId: string, settings: Partial<ConsumerSettings> = {}) =>
    createConsumer(
      { kafka: config.kafka, groupId, deadLetterTopic: 'private.behavior-core.dead-letter.v1', ...settings },
      { handler, publish: producer.publish, logger, metrics },
    );
  const campaigns = createCampaigns({ pool, redis: redis.client, sealedBox, wake, now, logger });
  const operationIds = createOperationIds(config.operationSecret);
  const reply = createReplySender(redis.client, logger);
  const activities = createActivities({ pool, operationIds, reply, wake, now, logger }, { limits: config.limits, daySweepIntervalMs: config.daySweepIntervalMs });
  // A batch of single commands takes some 4 ms.
  const rightOfWay = createRightOfWay({ slowMs: 15, restsMax: 12 });
  const bulk = createBulk({ pool, decide: activities.decide, reply, endOperations: createEndOperations(redis.client, logger), wake, rightOfWay, logger, metrics });
  const people = createPeople({ pool, redis: redis.client, operationIds, runOnce: idempotentRequests.runOnce, publicUrl: config.publicUrl, wake, now, logger });
  const reminders = createReminders({ pool, wake, now, logger, metrics }, config.reminders);
  const admit = createLimit({ redis: redis.client, logger, metrics, instances });
  const askDispatcher = createInternalClient({ urls: config.dispatcherInternalUrls, token: config.internalToken, timeoutMs: config.internalTimeoutMs });
  const channels = createChannels({ pool, sealedBox, askDispatcher, logger }, config.channels);
  const findReplay = async (workspaceId: string, id: string) =>
    (await askDispatcher('/internal/find-operation', { workspace_id: workspaceId, operation_id: id }, keptOperation)).operation;
  const routes = [
    ...activities.routes,
    ...people.routes,
    ...operationsRoutes({
      operationIds, store: createOperationStore(pool), bulk: bulk.reader, erasures: people.erasures, findReplay, publicUrl: config.publicUrl, keptDays: OPERATIONS_KEPT_DAYS, now,
    }),
    ...campaigns.routes,
    ...channels.routes,
  ];
  const api = apiRouter({ findKey: people.findKey, admit, apiPolicy: perMinute('api', config.apiLimitPerMinute), runOnce: idempotentRequests.runOnce }, routes);
  const server = createHttpServer({ ...config, routers: [people.openRouter, api], logger, metrics });
  const internal = createInternalApp(config.internalToken, [people.internalRouter, campaigns.internalRouter, channels.internalRouter]);

  const consumers = together('consumers', [
    consume({ ...activities.handler, handle: (records) => rightOfWay.lead(() => activities.handler.handle(records)) }, 'behavior-core'),
    consume(bulk.handler, 'behavior-core.bulk', BULK_CONSUMER),
    consume(bulk.awaitedHandler, 'behavior-core.bulk-awaited', BULK_CONSUMER),
    consume(campaigns.handler, 'behavior-core.campaigns'),
    consume(channels.handler, 'behavior-core.channel-state'),
    ...Object.entries(people.handlers).map(([name, handler]) => consume(handler, `behavior-core.${name}`)),
  ]);
  const forgetting = [
    { what: 'idempotent requests', remove: idempotentRequests.removeExpired },
    { what: 'answers of erased users', remove: people.forgetAnswers },
    ...retentionTasks(pool),
  ];
  const cleaner = createCleaner(forgetting, { intervalMs: config.cleanIntervalMs, logger });
  const components = [database, redis, instances, producer, relay, consumers, cleaner, activities.sweeper, reminders, people.keyUsage, server];
  const health = createHealthServer({ host: config.host, port: config.internalPort, components, metrics, otherwise: internal });
  return { logger, routes: server.routes, components: [...components, health] };
}
