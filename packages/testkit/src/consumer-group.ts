import { Kafka, logLevel, type Admin } from 'kafkajs';
import type { KafkaSettings } from '@waggle/kafka';
import { eventually } from './eventually.ts';

/** How many records of a topic, over all partitions, a consumer group has committed as handled. */
export async function committedOf(settings: KafkaSettings, groupId: string, topic: string): Promise<number> {
  return withAdmin(settings, async (admin) => {
    const [committed] = await admin.fetchOffsets({ groupId: settings.prefix + groupId, topics: [settings.prefix + topic] });
    return (committed?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(Number(offset), 0), 0);
  });
}

/** Lets a group whose members have stopped begin again with the first record of a topic. */
export async function rewindGroup(settings: KafkaSettings, groupId: string, topic: string): Promise<void> {
  // A group that still has members refuses it.
  await withAdmin(settings, (admin) => eventually(() => admin.resetOffsets({ groupId: settings.prefix + groupId, topic: settings.prefix + topic, earliest: true })));
}

async function withAdmin<Result>({ brokers }: KafkaSettings, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
