import { openDatabase } from '@waggle/database';
import { apiRouter, createCoreDirectory, createHttpServer, createInstanceCount, createLimit, createRedis, perMinute } from '@waggle/http';
import { createConsumer, createProducer, userErasureHandler, type BatchHandler } from '@waggle/kafka';
import { createHealthServer, createLogger, createMetrics, together } from '@waggle/runtime';
import { createErasureStore } from './adapters/erasure-store.ts';
import { createEventStore } from './adapters/event-store.ts';
import { createLogTail } from './adapters/log-tail.ts';
import { createPartitionStore } from './adapters/partition-store.ts';
import { createUpkeep } from './adapters/upkeep.ts';
import type { Config } from './config.ts';
import { behaviorEventHandler } from './consumers/behavior-event.ts';
import { campaignEventHandler } from './consumers/campaign-event.ts';
import { eventRoutes } from './routes/events.ts';

export function createApp(config: Config) {
  const logger = createLogger('event-log', config.logLevel);
  const metrics = createMetrics('event-log');
  const database = openDatabase({ ...config.database, isPlannedOnce: true });
  const redis = createRedis(config.redis, logger);
  const instances = createInstanceCount({ redis: redis.client, logger, service: 'event-log', instanceId: config.instanceId });
  const store = createEventStore({ pool: database.pool, metrics, period: config.partitions.period });
  const tail = createLogTail({ ...store, logger });
  // It carries dead letters and reports of erasures.
  const producer = createProducer(config.kafka, logger);

  const consume = (name: string, handler: BatchHandler) =>
    createConsumer(
      {
        kafka: config.kafka,
        // A group per topic: KafkaJS hands all topics of a group to all of its members.
        groupId: `event-log.${name}`,
        deadLetterTopic: 'private.event-log.dead-letter.v1',
        // Nobody waits for an answer here. A transaction per event costs PostgreSQL and Kafka as much as all the rest of the way.
        restMs: 40,
        // The writer cuts what it takes into transactions by itself.
        batchMax: Infinity,
      },
      { handler, publish: producer.publish, logger, metrics },
    );

  const api = apiRouter(
    {
      findKey: createCoreDirectory(config.core).findKey,
      admit: createLimit({ redis: redis.client, logger, metrics, instances }),
      apiPolicy: perMinute('api', config.apiLimitPerMinute),
    },
    eventRoutes({ ...store, follow: tail.follow, ...config.streaming }),
  );
  const server = createHttpServer({ ...config, routers: [api], logger, metrics });
  const consumers = together('consumers', [
    consume('behavior-event', behaviorEventHandler(store)),
    consume('campaign-event', campaignEventHandler(store)),
    consume('user-erasure', userErasureHandler('event-log', { erase: createErasureStore(database.pool).erase, publish: producer.publish })),
  ]);
  const upkeep = createUpkeep(config.partitions, { ...createPartitionStore(database.pool), logger, metrics });
  const components = [
    database,
    redis,
    instances,
    producer,
    consumers,
    tail,
    upkeep,
    server,
  ];
  const health = createHealthServer({ host: config.host, port: config.internalPort, components, metrics });
  return { logger, routes: server.routes, components: [...components, health] };
}
