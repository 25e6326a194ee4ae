import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { KafkaSettings } from '@waggle/kafka';
import { eventually } from './eventually.ts';

/** How many records a topic has been given, as the broker says: who reads it may not have got that far. */
export async function writtenTo(settings: KafkaSettings, topic: string): Promise<number> {
  return withAdmin(settings, async (admin) => sumOf(await admin.fetchTopicOffsets(settings.prefix + topic)));
}

/** How many records of a topic, over all partitions, a consumer group has committed as handled. */
export async function committedOf(settings: KafkaSettings, groupId: string, topic: string): Promise<number> {
  return withAdmin(settings, async (admin) => {
    const [committed] = await admin.fetchOffsets({ groupId: settings.prefix + groupId, topics: [settings.prefix + topic] });
    return sumOf(committed?.partitions ?? []);
  });
}

/** Lets a group whose members have stopped begin again with the first record of a topic. */
export async function rewindGroup(settings: KafkaSettings, groupId: string, topic: string): Promise<void> {
  // A group that still has members refuses it.
  await withAdmin(settings, (admin) => eventually(() => admin.resetOffsets({ groupId: settings.prefix + groupId, topic: settings.prefix + topic, earliest: true })));
}

/** A partition of which nothing was handled is at -1. */
const sumOf = (partitions: readonly { offset: string }[]) => partitions.reduce((sum, { offset }) => sum + Math.max(Number(offset), 0), 0);

async function withAdmin<Result>({ brokers }: KafkaSettings, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
