import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@waggle/runtime';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { RawRecord } from './batch-handler.ts';
import { connectKafka, type KafkaSettings } from './connection.ts';
import { isBrokersFault } from './failure.ts';
import { createOffsetLedger } from './offset-ledger.ts';

export interface SourceSettings {
  kafka: KafkaSettings;
  groupId: string;
  /** How often a consumer that crashes, with nothing handled in between, is started again; one whose broker is away, always. Default 10. */
  restartsMax?: number;
  /** Neither fetch nor heartbeat for so long is ill health. Default 30 s. */
  silentAfterMs?: number;
  /** So many records wait to be handled at most; for large ones less than the default. */
  pendingMax?: number;
  /** Of one partition, in one fetch; a larger record comes alone. Default 256 KB: a backlog of a dozen partitions has to fit into a small heap several times over. */
  fetchBytesMax?: number;
  /** For who is in no hurry: after a fetch that brought little it rests so long, and what comes meanwhile shares the next one, and a batch. Default 0. */
  restMs?: number;
}

interface SourceDeps {
  topic: string;
  receive(records: RawRecord[]): Promise<void>;
  logger: Logger;
}

const PENDING_MAX = 5_000;
/** So many that are not handled show a backlog, and who rests then falls behind. */
const BACKLOG = 500;
const RESTART_PAUSE_MS_MAX = 1_000;

/** Reads one topic in a group. It hands records on without waiting for them to be handled, so that KafkaJS already fetches the next. */
export function createRecordSource(settings: SourceSettings, { topic, receive, logger }: SourceDeps) {
  const prefixedTopic = settings.kafka.prefix + topic;
  const kafka = connectKafka(settings.kafka, logger);
  const ledger = createOffsetLedger(prefixedTopic, logger);
  let consumer: Consumer;
  let pending = 0;
  const { restartsMax = 10, silentAfterMs = 30_000 } = settings;
  let restarts = 0;
  let faults = 0;
  let lastSignAt = Date.now();
  let isStopping = false;
  let fail: (error: unknown) => void;

  async function run() {
    const opened = openConsumer(kafka, settings.kafka.prefix + settings.groupId, settings.fetchBytesMax);
    consumer = opened;
    const { on, events } = opened;
    for (const sign of [events.HEARTBEAT, events.FETCH]) on(sign, () => { lastSignAt = Date.now(); });
    on(events.CRASH, ({ payload }) => void restart(payload.error));
    on(events.GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[prefixedTopic] ?? [];
      ledger.keepOnly(partitions);
      logger.info({ topic, partitions, durationMs: payload.duration }, 'partitions assigned');
    });
    await join(opened, { topic: prefixedTopic, eachBatch, isStopping: () => isStopping, logger });
  }

  async function restart(reason: unknown) {
    if (isStopping) return;
    if (!isBrokersFault(reason) && faults++ >= restartsMax) return fail(reason);
    restarts++;
    logger.error({ err: reason, restarts }, 'consumer crashed, starting it again');
    await pause(Math.min(100 * 2 ** restarts, RESTART_PAUSE_MS_MAX));
    if (!isStopping) await run().catch(restart);
  }

  async function eachBatch({ batch, heartbeat }: EachBatchPayload) {
    [restarts, faults] = [0, 0];
    if (isStopping) return; // not handled, not committed: the successor's
    const records = batch.messages.map((message) => toRaw(batch.partition, message));
    pending += records.length;
    void receive(records).then(() => { pending -= records.length; }, fail);
    if (settings.restMs !== undefined && pending < BACKLOG) await pause(settings.restMs);
    while (pending > (settings.pendingMax ?? PENDING_MAX) && !isStopping) {
      await pause(20);
      await heartbeat();
    }
  }

  return {
    markHandled: ledger.markHandled,
    async start(onFail: (error: unknown) => void) {
      fail = onFail;
      await run();
      ledger.start((offsets) => consumer.commitOffsets(offsets));
    },
    stopFetching() {
      isStopping = true;
      pauseFetching(consumer, prefixedTopic, logger);
    },
    /** Offsets first: a consumer that has left its group can commit nothing. */
    async stop() {
      await ledger.stop();
      await leave(consumer, logger);
    },
    health: () => (Date.now() - lastSignAt > silentAfterMs ? 'neither fetch nor heartbeat lately' : null),
  };
}

interface Joining {
  topic: string;
  eachBatch(payload: EachBatchPayload): Promise<void>;
  isStopping(): boolean;
  logger: Logger;
}

async function join(consumer: Consumer, { topic, eachBatch, isStopping, logger }: Joining) {
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    if (!isStopping()) await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 12, eachBatch });
  } catch (error) {
    await leave(consumer, logger);
    throw error;
  }
  // Who stopped it meanwhile found nothing yet to disconnect.
  if (isStopping()) await leave(consumer, logger);
}

function pauseFetching(consumer: Consumer, topic: string, logger: Logger) {
  try {
    consumer.pause([{ topic }]);
  } catch (error) {
    // Between a crash and the restart it is in no group, and there is nothing to pause.
    logger.debug({ err: error, topic }, 'nothing is fetched');
  }
}

/** Of no further use: its connections would stay for good. */
async function leave(consumer: Consumer, logger: Logger) {
  await consumer.disconnect().catch((error: unknown) => logger.warn({ err: error }, 'consumer not disconnected'));
}

/** What stands for bytes that are not UTF-8. Where it was sent itself the bytes are kept for nothing. */
const REPLACED = '\ufffd';

/** The bytes are kept only where the texts do not say it all: with them a batch would hold on to everything that was fetched with it. */
export function toRaw(partition: number, { offset, key, value, headers = {} }: KafkaMessage): RawRecord {
  const texts: Record<string, string> = {};
  const raw = { partition, offset, key: String(key ?? ''), value: String(value ?? ''), headers: texts };
  let isText = key !== null && value !== null && !raw.key.includes(REPLACED) && !raw.value.includes(REPLACED);
  // By hand: entries, pairs and an object made of them were a tenth of what reading a record cost.
  for (const name in headers) {
    const text = String(headers[name]);
    texts[name] = text;
    isText &&= Buffer.isBuffer(headers[name]) && !text.includes(REPLACED);
  }
  return isText ? raw : { ...raw, bytes: { key, value, headers } };
}

function openConsumer(kafka: Kafka, groupId: string, maxBytesPerPartition: number = 262_144): Consumer {
  return kafka.consumer({
    groupId,
    minBytes: 1,
    // A fetch that waits is answered as data arrives. Heartbeats and commits queue behind it on the broker's side, so it must not wait long.
    maxWaitTimeInMs: 500,
    maxBytesPerPartition,
    allowAutoTopicCreation: false,
    // A killed member keeps its partitions from the others for this long (6 s is the least a broker allows; KafkaJS would take 30).
    sessionTimeout: 6_000,
    heartbeatInterval: 1_000,
    rebalanceTimeout: 8_000,
    // Restarting is ours: KafkaJS stops for good on some errors and tries without end on others.
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
  });
}
