import { setTimeout as pause } from 'node:timers/promises';
import { gather, Unavailable, type Component, type Logger } from '@waggle/runtime';
import { rejected, type BatchHandler, type Outcome, type RawRecord } from './batch-handler.ts';
import { createRecordSource, type SourceSettings } from './record-source.ts';
import type { KafkaRecord } from './record.ts';

export interface ConsumerDeps {
  handler: BatchHandler;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  logger: Logger;
}

export interface ConsumerSettings extends SourceSettings {
  deadLetterTopic: string;
  stuckAfterMs: number;
}

/**
 * One batch in flight; whatever any partition delivers meanwhile makes up the next. Offsets are committed behind the effects.
 * A failure that is nobody's fault is tried again until it works: dead-lettering would lose acknowledged commands whenever the
 * database is away. A batch that fails otherwise is run again record by record, and only the one that fails alone is set aside.
 */
export function createConsumer(settings: ConsumerSettings, deps: ConsumerDeps): Component {
  const { handler, logger } = deps;
  const source = createRecordSource(settings, { topic: handler.topic, receive, logger });
  const take = gather<RawRecord>(handleUntilDone, { waitingMax: Infinity });
  let isStopping = false;
  let busySince: number | null = null;
  let inHand = Promise.resolve();

  function receive(records: RawRecord[]): Promise<void> {
    inHand = take(records);
    return inHand;
  }

  async function handleUntilDone(records: RawRecord[]) {
    busySince = Date.now();
    await untilDone(records, () => handleOnce(records));
    busySince = null;
  }

  /** Tries `work` again while nobody is to blame. */
  async function untilDone(records: RawRecord[], work: () => Promise<void>) {
    for (let attempt = 0; !isStopping; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Unavailable)) return isolate(records, error);
        logger.error({ err: error, attempt, records: records.length }, 'batch failed, trying again');
        await pause(Math.min(100 * 2 ** attempt, 2_000));
      }
    }
  }

  async function isolate(records: RawRecord[], error: unknown): Promise<void> {
    const [first, ...others] = records;
    if (first === undefined) return;
    if (others.length === 0) return setAside(first, error);
    logger.error({ err: error, records: records.length }, 'batch failed, trying its records one by one');
    for (const record of records) await untilDone([record], () => handleOnce([record]));
  }

  async function setAside(record: RawRecord, error: unknown) {
    logger.error({ err: error, partition: record.partition, offset: record.offset }, 'record failed alone');
    await untilDone([record], async () => {
      await handler.onPoisoned?.(record, error);
      await deps.publish([deadLetter(record, 'failed', String(error))]);
      source.markHandled([record]);
    });
  }

  async function handleOnce(records: RawRecord[]) {
    const outcomes = await handler.handle(records);
    await sendToDeadLetters(records, outcomes);
    source.markHandled(records);
  }

  async function sendToDeadLetters(records: RawRecord[], outcomes: Outcome[]) {
    const dead = records.flatMap((record, index) => {
      const outcome = outcomes[index] ?? rejected('no_outcome');
      return outcome.kind === 'rejected' ? [deadLetter(record, outcome.reason, '')] : [];
    });
    if (dead.length > 0) await deps.publish(dead);
  }

  function deadLetter({ key, value, headers, partition, offset }: RawRecord, reason: string, error: string): KafkaRecord {
    const why = { reason, error: error.slice(0, 1_000), topic: handler.topic, partition: String(partition), offset };
    return { topic: settings.deadLetterTopic, key, value, headers: { ...headers, ...why } };
  }

  return {
    name: `consumer of ${handler.topic}`,
    start: source.start,
    async stop() {
      isStopping = true;
      source.stopFetching();
      await inHand;
      await source.stop();
    },
    health: () => (busySince !== null && Date.now() - busySince > settings.stuckAfterMs ? 'a batch is stuck' : source.health()),
  };
}
