import type { Logger } from '@waggle/runtime';
import type { Admin } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { connectKafka, type KafkaSettings } from './connection.ts';

export interface TopicDefinition {
  topic: string;
  numPartitions: number;
  /** Kafka's own names, as in `retention.ms`. */
  config?: Record<string, string> | undefined;
}

const LEADERS_WITHIN_MS = 20_000;

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
    await admin.createTopics({ waitForLeaders: false, topics: prefixed });
    await waitForLeaders(admin, prefixed.map(({ topic }) => topic));
  } finally {
    await admin.disconnect();
  }
}

/** KafkaJS's own waiting gives up when a broker that has just started does not know a new topic yet. */
async function waitForLeaders(admin: Admin, topics: string[]): Promise<void> {
  for (const deadline = Date.now() + LEADERS_WITHIN_MS; ;) {
    try {
      const { topics: known } = await admin.fetchTopicMetadata({ topics });
      if (known.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error('Some topics have no leader');
    await pause(50);
  }
}
