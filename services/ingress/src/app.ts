import { apiRouter, createCoreDirectory, createHttpServer, createLimit, createOperationIds, createRedis, perMinute } from '@waggle/http';
import { createProducer } from '@waggle/kafka';
import { createHealthServer, createLogger, createMetrics } from '@waggle/runtime';
import { createCoreClient } from './adapters/core-client.ts';
import { publishInTime } from './adapters/publish-in-time.ts';
import { createReceipts } from './adapters/receipts.ts';
import { createReplyChannel } from './adapters/reply-channel.ts';
import type { Config } from './config.ts';
import { inappEventsRoute } from './routes/inapp-events.ts';
import { inboundRoute } from './routes/inbound.ts';

export function createApp(config: Config) {
  const logger = createLogger('ingress', config.logLevel);
  const metrics = createMetrics('ingress');
  const redis = createRedis(config.redisUrl, logger);
  const replyChannel = createReplyChannel(redis.client, config.instanceId, logger);
  const producer = createProducer(config.kafka, logger);
  const publish = publishInTime(producer.publish);
  const { findKey, findInappKey } = createCoreDirectory(config.core);
  const now = () => new Date();
  const admit = createLimit({ redis: redis.client, logger, metrics, instances: config.instances });
  const submit = createCoreClient({ publish, replyChannel }, { waitMs: config.inboundWaitMs, waitingMax: config.waitingMax });
  const inbound = inboundRoute({
    policy: perMinute('inbound', config.inboundLimit),
    operationIds: createOperationIds(config.operationSecret),
    submit,
    now,
  });
  const inappEvents = inappEventsRoute({ findInappKey, admit, publish, receipts: createReceipts(redis.client, logger), now, logger });
  const api = apiRouter({ findKey, admit }, [inbound]);
  const server = createHttpServer({ host: config.host, port: config.port, publicUrl: config.publicUrl, routers: [inappEvents, api], logger, metrics });
  const components = [redis, replyChannel, producer, server];
  const health = createHealthServer({ host: config.host, port: config.internalPort, components, metrics });
  return { logger, components: [...components, health] };
}
