import { randomUUID } from 'node:crypto';
import type { Logger } from '@waggle/runtime';
import type { Admin, Kafka } from 'kafkajs';
import type { RawRecord } from './batch-handler.ts';
import { connectKafka, type KafkaSettings } from './connection.ts';
import { toRaw } from './record-source.ts';

interface TopicReading {
  topic: string;
  /** In order per partition, one batch after the other. */
  receive(records: RawRecord[]): Promise<void>;
}

/** Reads all that a topic holds now, from its first record on, and leaves no trace: for an operator's commands, not for services. */
export async function readTopic(settings: KafkaSettings, logger: Logger, { topic, receive }: TopicReading): Promise<void> {
  const kafka = connectKafka(settings, logger);
  const admin = kafka.admin();
  await admin.connect();
  try {
    const missing = await endsOf(admin, settings.prefix + topic);
    if (missing.size > 0) await readUntil(kafka, missing, { groupId: `${settings.prefix}operator.${randomUUID()}`, topic: settings.prefix + topic, receive, admin });
  } finally {
    await admin.disconnect();
  }
}

/** Of the partitions that hold something, behind which offset they end now. */
async function endsOf(admin: Admin, topic: string): Promise<Map<number, bigint>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.filter(({ high, low }) => BigInt(high) > BigInt(low)).map(({ partition, high }) => [partition, BigInt(high)]));
}

async function readUntil(kafka: Kafka, missing: Map<number, bigint>, { groupId, topic, receive, admin }: TopicReading & { groupId: string; admin: Admin }): Promise<void> {
  const consumer = kafka.consumer({ groupId, minBytes: 1, maxWaitTimeInMs: 100 });
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  let turn = Promise.resolve();
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      async eachBatch({ batch, heartbeat }) {
        const end = missing.get(batch.partition);
        if (end === undefined) return;
        const records = batch.messages.filter(({ offset }) => BigInt(offset) < end).map((message) => toRaw(batch.partition, message));
        turn = turn.then(() => receive(records));
        await turn.catch(reject);
        await heartbeat();
        // Compaction and transactions leave holes: what counts is how far it has been read.
        if (BigInt(batch.lastOffset()) + 1n >= end) missing.delete(batch.partition);
        if (missing.size === 0) resolve();
      },
    });
    await done;
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
}
