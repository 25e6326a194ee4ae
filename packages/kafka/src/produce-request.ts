import { ByteWriter } from './byte-writer.ts';
import { crc32c } from './crc32c.ts';

/** What KafkaJS is to send. Its own encoder makes a buffer of 512 bytes for each header and one for each length: see ADR 23. */
export interface ProduceParameters {
  acks: number;
  timeout: number;
  /** Codec in Kafka's numbers; 0 or none is no compression. */
  compression?: number;
  transactionalId?: string | null;
  producerId?: { toString(): string };
  producerEpoch?: number;
  topicData: { topic: string; partitions: { partition: number; firstSequence?: number; messages: ProducedMessage[] }[] }[];
}

interface ProducedMessage {
  key?: Text;
  value: Text;
  headers?: Record<string, Text | Text[]>;
  timestamp?: string | undefined;
}

type Text = Buffer | string | null | undefined;

/** Of a record batch (Kafka's protocol guide, magic 2): where its length is counted from, where its checksum stands, and from where that covers it. */
const [COUNTED_FROM, CHECKSUM_AT, CHECKED_FROM] = [12, 17, 21];
const MAGIC = 2;
const START_BYTES = 16_384;

/** What all records of a batch have in common. */
interface BatchHead {
  producer: { id: bigint; epoch: number };
  firstSequence: number;
  /** In ms. */
  now: number;
}

/** No compression, no transaction and no times of its own: what `writeProduceRequest` can write. */
export function isPlain({ compression, transactionalId, topicData }: ProduceParameters): boolean {
  const isUntimed = ({ timestamp }: ProducedMessage) => timestamp === undefined;
  return !compression && !transactionalId && topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every(isUntimed)));
}

/** The body of a ProduceRequest, version 3 to 8. All its records are of the time `now`, in ms. */
export function writeProduceRequest({ acks, timeout, topicData, producerId = -1, producerEpoch = 0 }: ProduceParameters, now: number): Buffer {
  const writer = new ByteWriter(START_BYTES);
  const producer = { id: BigInt(producerId.toString()), epoch: producerEpoch };
  writer.int16(-1);
  writer.int16(acks);
  writer.int32(timeout);
  writer.int32(topicData.length);
  for (const { topic, partitions } of topicData) {
    const name = Buffer.from(topic);
    writer.int16(name.length);
    writer.bytes(name);
    writer.int32(partitions.length);
    for (const { partition, messages, firstSequence = 0 } of partitions) {
      writer.int32(partition);
      writeRecordSet(writer, messages, { producer, firstSequence, now });
    }
  }
  return writer.written();
}

function writeRecordSet(writer: ByteWriter, messages: ProducedMessage[], head: BatchHead) {
  writer.int32(0);
  const start = writer.written().length;
  writeBatch(writer, messages, head);
  const written = writer.written();
  const length = written.length - start;
  written.writeInt32BE(length, start - 4);
  written.writeInt32BE(length - COUNTED_FROM, start + COUNTED_FROM - 4);
  written.writeUInt32BE(crc32c(written.subarray(start + CHECKED_FROM)), start + CHECKSUM_AT);
}

/** Its length and its checksum are left open. */
function writeBatch(writer: ByteWriter, messages: ProducedMessage[], { producer, firstSequence, now }: BatchHead) {
  const [baseOffset, length, leaderEpoch, checksum, attributes] = [0n, 0, 0, 0, 0];
  writer.int64(baseOffset);
  writer.int32(length);
  writer.int32(leaderEpoch);
  writer.int8(MAGIC);
  writer.int32(checksum);
  writer.int16(attributes);
  writer.int32(messages.length - 1);
  writer.int64(BigInt(now));
  writer.int64(BigInt(now));
  writer.int64(producer.id);
  writer.int16(producer.epoch);
  writer.int32(firstSequence);
  writer.int32(messages.length);
  for (const [offset, message] of messages.entries()) writer.varlength(() => writeRecord(writer, message, offset));
}

function writeRecord(writer: ByteWriter, { key, value, headers = {} }: ProducedMessage, offset: number) {
  const [attributes, timestampDelta] = [0, 0];
  writer.int8(attributes);
  writer.varint(timestampDelta);
  writer.varint(offset);
  writer.varbytes(key);
  writer.varbytes(value);
  const pairs = Object.entries(headers).flatMap(([name, given]) => (Array.isArray(given) ? given.map((one) => [name, one] as const) : [[name, given] as const]));
  writer.varint(pairs.length);
  for (const [name, given] of pairs) {
    writer.varbytes(name);
    writer.varbytes(given);
  }
}
