import { gather, type Component, type Logger } from '@waggle/runtime';
import type { ICustomPartitioner, Kafka, Producer as KafkaJsProducer } from 'kafkajs';
import { connectKafka, type KafkaSettings } from './connection.ts';
import { BrokerUnavailable } from './failure.ts';
import { speedUpProducers } from './kafkajs-producers.ts';
import { partitionOf } from './partitioner.ts';
import type { KafkaRecord } from './record.ts';

const BATCH_BYTES_MAX = 900_000;
const RECORD_OVERHEAD_BYTES = 100;

export interface Producer extends Component {
  /** Resolves when every in-sync replica has the records; else rejects with `BrokerUnavailable` or `Overloaded`. Order per key is kept. */
  publish(records: readonly KafkaRecord[]): Promise<void>;
}

/** An idempotent producer: one request in flight, what arrives meanwhile goes together into the next. */
export function createProducer(settings: KafkaSettings, logger: Logger): Producer {
  const kafka = connectKafka(settings, logger);
  let connection: Promise<KafkaJsProducer> | undefined;
  let lastFailure: string | null = null;

  const publish = gather<KafkaRecord>(async (records) => {
    connection ??= openProducer(kafka);
    try {
      const producer = await connection;
      for (const part of cutBySize(records)) await producer.sendBatch({ acks: -1, topicMessages: byTopic(part, settings) });
      lastFailure = null;
    } catch (error) {
      lastFailure = String(error);
      discardConnection();
      throw new BrokerUnavailable('Kafka has not acknowledged', { cause: error });
    }
  }, { waitingMax: 20_000 });

  // KafkaJS takes its sequence numbers back when a send fails. Had the broker written that batch (only the answer was lost),
  // it would take the next batch for a repetition: acknowledge it and drop it. A new producer id starts new numbers.
  function discardConnection() {
    void connection?.then((producer) => producer.disconnect()).catch(() => {});
    connection = undefined;
  }

  return {
    name: 'kafka producer',
    publish,
    async start() {
      connection = openProducer(kafka);
      await connection;
    },
    async stop() {
      await (await connection)?.disconnect();
    },
    health: () => lastFailure,
  };
}

async function openProducer(kafka: Kafka): Promise<KafkaJsProducer> {
  speedUpProducers();
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner });
  await producer.connect();
  return producer;
}

/** Every record of ours has a key. Of foreign ones that have none the order does not matter. */
const createPartitioner: ICustomPartitioner = () => ({ message: { key }, partitionMetadata }) => partitionOf(key ?? '', partitionMetadata.length);

/** The broker refuses more than 1 MB for one partition as a whole, and any part may be for one. */
function* cutBySize(records: readonly KafkaRecord[]): Generator<KafkaRecord[]> {
  let [part, size]: [KafkaRecord[], number] = [[], 0];
  for (const record of records) {
    const bytes = sizeOf(record);
    if (part.length > 0 && size + bytes > BATCH_BYTES_MAX) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push(record);
    size += bytes;
  }
  if (part.length > 0) yield part;
}

function sizeOf({ key, value, headers }: KafkaRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value);
  for (const [name, text] of Object.entries(headers)) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}

function byTopic(records: readonly KafkaRecord[], { prefix, publicUrl }: KafkaSettings) {
  const groups = Map.groupBy(records, ({ topic }) => topic);
  return [...groups].map(([topic, messages]) => ({ topic: prefix + topic, messages: messages.map((record) => record.bytes ?? withWholeUri(record, publicUrl)) }));
}

/** CloudEvents wants a whole URI. A record that has one already, as a dead letter may, keeps it. */
function withWholeUri(record: KafkaRecord, publicUrl: string | undefined): KafkaRecord {
  const schema = record.headers['ce_dataschema'];
  return publicUrl !== undefined && schema?.startsWith('/') ? { ...record, headers: { ...record.headers, ce_dataschema: publicUrl + schema } } : record;
}
