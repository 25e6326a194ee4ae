export * from './access.ts';
export * from './batch-handler.ts';
export type { KafkaSettings } from './connection.ts';
export * from './consumer.ts';
export * from './failure.ts';
export * from './producer.ts';
export * from './read-topic.ts';
export * from './record.ts';
export * from './topics.ts';
