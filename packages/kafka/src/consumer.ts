import { gather, type Component, type Logger, type Registry } from '@waggle/runtime';
import { Counter } from 'prom-client';
import type { BatchHandler, RawRecord } from './batch-handler.ts';
import { createBatchRunner } from './batch-runner.ts';
import { createRecordSource, type SourceSettings } from './record-source.ts';
import type { KafkaRecord } from './record.ts';

export interface ConsumerDeps {
  handler: BatchHandler;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  logger: Logger;
  metrics: Registry;
}

export interface ConsumerSettings extends SourceSettings {
  deadLetterTopic: string;
  /** A batch in hand for longer is ill health. Default 10 s. */
  stuckAfterMs?: number;
  /** So many records are handled at once at most, whatever waits: a transaction has to end within the time-out of its statements. Default 1,000. */
  batchMax?: number;
}

const BATCH_MAX = 1_000;

/** One batch in flight; whatever any partition delivers meanwhile makes up the next. Offsets are committed behind the effects. */
export function createConsumer(settings: ConsumerSettings, { handler, publish, logger, metrics }: ConsumerDeps): Component {
  const { batchMax = BATCH_MAX } = settings;
  const source = createRecordSource(settings, { topic: handler.topic, receive, logger });
  const deadLetters = deadLetterCounter(metrics);
  const countDeadLetter = (reason: string) => deadLetters.inc({ topic: handler.topic, reason });
  const runBatch = createBatchRunner(settings.deadLetterTopic, { handler, publish, markHandled: source.markHandled, isStopping: () => isStopping, logger, countDeadLetter });
  const take = gather<RawRecord>(handleBatch, { waitingMax: Infinity });
  let isStopping = false;
  let busySince: number | null = null;
  let inHand = Promise.resolve();

  function receive(records: RawRecord[]): Promise<void> {
    inHand = take(records);
    return inHand;
  }

  async function handleBatch(records: RawRecord[]) {
    for (let at = 0; at < records.length; at += batchMax) {
      busySince = Date.now();
      await runBatch(records.slice(at, at + batchMax)).catch(giveUp);
    }
    busySince = null;
  }

  /** What is neither handled nor set aside has to stay the next one: an offset committed behind it would lose it. */
  function giveUp(error: unknown): never {
    isStopping = true;
    throw error;
  }

  return {
    name: `consumer of ${handler.topic}`,
    start: source.start,
    async stop() {
      isStopping = true;
      source.stopFetching();
      // A failure has been told already.
      await inHand.catch(() => undefined);
      await source.stop();
    },
    health: () => (busySince !== null && Date.now() - busySince > (settings.stuckAfterMs ?? 10_000) ? 'a batch is stuck' : source.health()),
  };
}

/** One for all consumers of a service. Reasons are words of ours, so there are few. */
function deadLetterCounter(metrics: Registry): Counter<'topic' | 'reason'> {
  const name = 'dead_letters_total';
  const known = metrics.getSingleMetric(name);
  if (known instanceof Counter) return known;
  return new Counter({ name, help: 'Records that were set aside', labelNames: ['topic', 'reason'], registers: [metrics] });
}
