import { Kafka, logLevel } from 'kafkajs';

/** How many records a topic has been given, and how many of them a consumer group has handled. */
export async function offsetsOf(brokers: string, { topic, groupId }: { topic: string; groupId: string }): Promise<{ written: number; handled: number }> {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [written, [handled]] = await Promise.all([admin.fetchTopicOffsets(topic), admin.fetchOffsets({ groupId, topics: [topic] })]);
    return { written: sumOf(written), handled: sumOf(handled?.partitions ?? []) };
  } finally {
    await admin.disconnect();
  }
}

/** A partition of which nothing was handled is at -1. */
const sumOf = (partitions: readonly { offset: string }[]) => partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
