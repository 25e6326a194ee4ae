import { apiRouter, createCoreDirectory, createHttpServer, createInstanceCount, createLimit, createOperationIds, createRedis, perMinute } from '@waggle/http';
import { createProducer, publishInTime, type Producer } from '@waggle/kafka';
import { createHealthServer, createLogger, createMetrics, createRightOfWay } from '@waggle/runtime';
import { createAnswerMemory } from './adapters/answer-memory.ts';
import { createBulkOrder } from './adapters/bulk-order.ts';
import { createCoreClient } from './adapters/core-client.ts';
import { createReceipts } from './adapters/receipts.ts';
import { createReplyChannel } from './adapters/reply-channel.ts';
import type { Config } from './config.ts';
import { bulkRoute } from './routes/bulk/bulk.ts';
import { inappEventsRoute } from './routes/inapp-events.ts';
import { inboundRoute } from './routes/inbound.ts';

export function createApp(config: Config) {
  const logger = createLogger('ingress', config.logLevel);
  const metrics = createMetrics('ingress');
  const redis = createRedis(config.redis, logger);
  const instances = createInstanceCount({ redis: redis.client, logger, service: 'ingress', instanceId: config.instanceId });
  const replyChannel = createReplyChannel(redis.client, config.instanceId, logger);
  const producer = createProducer(config.kafka, logger);
  const publish = publishInTime(producer.publish, { withinMs: config.kafkaTimeoutMs });
  const { findKey, findInappKey } = createCoreDirectory(config.core);
  const now = () => new Date();
  const admit = createLimit({ redis: redis.client, logger, metrics, instances });
  const memory = createAnswerMemory(redis.client, logger);
  const operationIds = createOperationIds(config.operationSecret);
  const submitBy = (send: Producer['publish'], waitMs: number) => createCoreClient({ publish: send, replyChannel }, { waitMs, waitingMax: config.waitingMax });
  // A synchronous call takes some 8 ms. For the end of an upload somebody waits as well.
  const rightOfWay = createRightOfWay({ slowMs: 40, restsMax: 4 });
  const submit = submitBy(publish, config.inboundWaitMs);
  const submitFirst: typeof submit = (submission) => rightOfWay.lead(() => submit(submission));
  const inbound = inboundRoute({ policy: perMinute('inbound', config.inboundLimit), apiPolicy: perMinute('api', config.apiLimit), operationIds, submit: submitFirst, now });
  // A producer of its own: single requests must not wait behind megabytes of bulk.
  const bulkProducer = createProducer(config.kafka, logger);
  const submitBulk = submitBy(publishInTime(bulkProducer.publish, { withinMs: config.kafkaTimeoutMs }), config.bulkWaitMs);
  const bulk = bulkRoute({ limitPerMinute: config.bulkLimit, operationIds, submit: submitBulk, publish: bulkProducer.publish, memory, order: createBulkOrder(redis.client, logger), rightOfWay, now });
  const inappEvents = inappEventsRoute({ findInappKey, admit, publish, receipts: createReceipts(redis.client, logger), now, logger });
  const api = apiRouter({ findKey, admit, runOnce: memory.runOnce }, [inbound, bulk]);
  const server = createHttpServer({ ...config, routers: [inappEvents, api], logger, metrics });
  const components = [redis, instances, replyChannel, producer, bulkProducer, server];
  const health = createHealthServer({ host: config.host, port: config.internalPort, components, metrics });
  return { logger, routes: server.routes, components: [...components, health] };
}
