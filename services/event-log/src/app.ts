import { openDatabase } from '@waggle/database';
import { apiRouter, createCoreDirectory, createHttpServer, createLimit, createRedis, perMinute } from '@waggle/http';
import { createConsumer, createProducer, type BatchHandler } from '@waggle/kafka';
import { createHealthServer, createLogger, createMetrics } from '@waggle/runtime';
import { createEventStore, EVENT_STORE_SESSION } from './adapters/event-store.ts';
import type { Config } from './config.ts';
import { behaviorEventHandler } from './consumers/behavior-event.ts';
import { campaignEventHandler } from './consumers/campaign-event.ts';
import { eventRoutes } from './routes/events.ts';

export function createApp(config: Config) {
  const logger = createLogger('event-log', config.logLevel);
  const metrics = createMetrics('event-log');
  const database = openDatabase({ ...config.database, sessionOptions: EVENT_STORE_SESSION });
  const redis = createRedis(config.redisUrl, logger);
  const store = createEventStore({ pool: database.pool, metrics });
  // It carries dead letters only.
  const producer = createProducer(config.kafka, logger);

  const consume = (name: string, handler: BatchHandler) =>
    createConsumer(
      {
        kafka: config.kafka,
        // A group per topic: KafkaJS hands all topics of a group to all of its members.
        groupId: `event-log.${name}`,
        deadLetterTopic: 'private.event-log.dead-letter.v1',
        silentAfterMs: 30_000,
        stuckAfterMs: 10_000,
      },
      { handler, publish: producer.publish, logger },
    );

  const api = apiRouter(
    {
      findKey: createCoreDirectory(config.core).findKey,
      admit: createLimit({ redis: redis.client, logger, metrics, instances: config.instances }),
      apiPolicy: perMinute('api', config.apiLimitPerMinute),
    },
    eventRoutes(store),
  );
  const components = [
    database,
    redis,
    producer,
    consume('behavior-event', behaviorEventHandler(store)),
    consume('campaign-event', campaignEventHandler(store)),
    createHttpServer({ host: config.host, port: config.port, publicUrl: config.publicUrl, routers: [api], logger, metrics }),
  ];
  return { logger, components: [...components, createHealthServer({ host: config.host, port: config.internalPort, components, metrics })] };
}
