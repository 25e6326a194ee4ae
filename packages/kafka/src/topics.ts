import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@waggle/runtime';
import type { Admin } from 'kafkajs';
import { connectKafka, type KafkaSettings } from './connection.ts';
import { isBrokersFault } from './failure.ts';

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
    // One after the other: KafkaJS lets questions about topics wait for each other, and gives up on the last of many.
    for (const { topic } of prefixed) await untilLed(admin, topic);
  } finally {
    await admin.disconnect();
  }
}

const LED_WITHIN_MS = 30_000;

/** A broker is named the leader before it knows, and refuses the first records: it is asked until it answers as one. */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  for (const deadline = Date.now() + LED_WITHIN_MS; ; await pause(50)) {
    try {
      return void (await admin.fetchTopicOffsets(topic));
    } catch (error) {
      if (!isBrokersFault(error) || Date.now() > deadline) throw error;
    }
  }
}
