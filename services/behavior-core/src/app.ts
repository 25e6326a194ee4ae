import { openDatabase } from '@waggle/database';
import { apiRouter, createHttpServer, createInternalApp, createLimit, createOperationIds, createRedis, perMinute, type FindKey } from '@waggle/http';
import { createConsumer, createProducer, type BatchHandler } from '@waggle/kafka';
import { createOutboxRelay } from '@waggle/outbox';
import { createHealthServer, createLogger, createMetrics, createSealedBox, together } from '@waggle/runtime';
import { createActivityReader } from './adapters/activity-reader.ts';
import { createActivityWriter } from './adapters/activity-writer.ts';
import { createApiKeyStore, type ApiKeyStore } from './adapters/api-key-store.ts';
import { applyCommands, recordPoisoned } from './adapters/command-store.ts';
import { createOperationStore } from './adapters/operation-store.ts';
import { createReplySender } from './adapters/reply-sender.ts';
import { createCampaigns } from './campaigns.ts';
import type { Config } from './config.ts';
import { behaviorCommandHandler } from './consumers/behavior-command.ts';
import { activitiesRoutes } from './routes/activities.ts';
import { apiKeysRoutes } from './routes/api-keys.ts';
import { introspectKeyRoute } from './routes/introspect-key.ts';
import { operationsRoutes } from './routes/operations.ts';

export function createApp(config: Config) {
  const logger = createLogger('behavior-core', config.logLevel);
  const metrics = createMetrics('behavior-core');
  const database = openDatabase(config.database);
  const { pool } = database;
  const redis = createRedis(config.redisUrl, logger);
  const producer = createProducer(config.kafka, logger);
  const relaySettings = { relayId: `${config.instanceId}-${crypto.randomUUID()}`, databaseUrl: config.database.url, sweepIntervalMs: config.sweepIntervalMs };
  const relay = createOutboxRelay({ db: pool, publish: producer.publish, logger }, relaySettings);
  const { wake } = relay;
  const now = () => new Date();

  const consume = (handler: BatchHandler, groupId: string) =>
    createConsumer(
      { kafka: config.kafka, groupId, deadLetterTopic: 'private.behavior-core.dead-letter.v1', silentAfterMs: 30_000, stuckAfterMs: 10_000 },
      { handler, publish: producer.publish, logger },
    );
  const campaigns = createCampaigns({ pool, redis: redis.client, sealedBox: createSealedBox(config.encryptionKeys), wake, now, logger });
  const commands = behaviorCommandHandler({
    applyCommands: (batch, decide) => applyCommands(pool, batch, decide),
    recordPoisoned: (command) => recordPoisoned(pool, command),
    reply: createReplySender(redis.client, logger),
    wake,
  });

  const apiKeys = createApiKeyStore(pool);
  const admit = createLimit({ redis: redis.client, logger, metrics, instances: config.instances });
  const api = apiRouter({ findKey: findKeyIn(apiKeys), admit, apiPolicy: perMinute('api', config.apiLimitPerMinute) }, [
    ...activitiesRoutes({ reader: createActivityReader(pool), writer: createActivityWriter(pool), wake, now }),
    ...apiKeysRoutes({ store: apiKeys }),
    ...operationsRoutes({ operationIds: createOperationIds(config.operationSecret), store: createOperationStore(pool), publicUrl: config.publicUrl }),
    ...campaigns.routes,
  ]);
  const server = createHttpServer({ host: config.host, port: config.port, publicUrl: config.publicUrl, routers: [api], logger, metrics });
  const internal = createInternalApp(config.internalToken, [introspectKeyRoute({ store: apiKeys }), campaigns.internalRouter]);

  const consumers = together('consumers', [consume(commands, 'behavior-core'), consume(campaigns.handler, 'behavior-core.campaigns')]);
  const components = [database, redis, producer, relay, consumers, server];
  const health = createHealthServer({ host: config.host, port: config.internalPort, components, metrics, otherwise: internal });
  return { logger, components: [...components, health] };
}

/** The core asks its own table: no detour over its internal port. */
function findKeyIn(apiKeys: ApiKeyStore): FindKey {
  return async (sha256) => {
    const row = await apiKeys.findActive(sha256);
    return row === null ? null : { keyId: row.id, workspaceId: row.workspace_id, userId: row.user_id };
  };
}

