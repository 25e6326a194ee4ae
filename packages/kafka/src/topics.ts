import type { Logger } from '@waggle/runtime';
import { connectKafka, type KafkaSettings } from './connection.ts';

export interface TopicDefinition {
  topic: string;
  numPartitions: number;
  /** Kafka's own names, as in `retention.ms`. */
  config?: Record<string, string> | undefined;
}

/** For the start-up job: services never create a topic. Topics that exist are left as they are. */
export async function createTopics(settings: KafkaSettings, logger: Logger, topics: readonly TopicDefinition[]): Promise<void> {
  const admin = connectKafka(settings, logger).admin();
  await admin.connect();
  try {
    const prefixed = topics.map(({ topic, numPartitions, config = {} }) => ({
      topic: settings.prefix + topic,
      numPartitions,
      configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    }));
    await admin.createTopics({ waitForLeaders: true, topics: prefixed });
  } finally {
    await admin.disconnect();
  }
}
