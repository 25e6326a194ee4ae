import { gather, type Component, type Logger } from '@waggle/runtime';
import { Partitioners, type Kafka, type Producer as KafkaJsProducer } from 'kafkajs';
import { connectKafka, type KafkaSettings } from './connection.ts';
import { BrokerUnavailable } from './failure.ts';
import type { KafkaRecord } from './record.ts';

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
      await producer.sendBatch({ acks: -1, topicMessages: byTopic(records, settings.prefix) });
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
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner });
  await producer.connect();
  return producer;
}

function byTopic(records: readonly KafkaRecord[], prefix: string) {
  const groups = Map.groupBy(records, ({ topic }) => topic);
  return [...groups].map(([topic, messages]) => ({ topic: prefix + topic, messages }));
}
