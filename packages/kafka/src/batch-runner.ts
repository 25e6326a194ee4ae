import { setTimeout as pause } from 'node:timers/promises';
import { Unavailable, type Logger } from '@waggle/runtime';
import { rejected, type BatchHandler, type Outcome, type RawRecord } from './batch-handler.ts';
import type { KafkaRecord } from './record.ts';

export interface BatchRunnerDeps {
  handler: BatchHandler;
  publish(records: readonly KafkaRecord[]): Promise<void>;
  markHandled(records: readonly RawRecord[]): void;
  /** Gives up waiting; what is not handled is the successor's. */
  isStopping(): boolean;
  logger: Logger;
  /** Told of each record that is set aside, with its reason. */
  countDeadLetter(reason: string): void;
}

/**
 * Handles a batch whatever happens. A failure that is nobody's fault (`Unavailable`) is tried again until it works: dead-lettering would
 * lose acknowledged commands whenever the database is away. A batch that fails otherwise is run again record by record, one that came alone
 * once more (it may have met a race), and only the record that fails alone is set aside.
 */
export function createBatchRunner(deadLetterTopic: string, { handler, publish, markHandled, isStopping, logger, countDeadLetter }: BatchRunnerDeps) {
  async function run(records: readonly RawRecord[]): Promise<void> {
    await untilAvailable(records.length, () => handleOnce(records), async (error) => {
      logger.error({ err: error, records: records.length }, 'batch failed, trying its records one by one');
      for (const record of records) await runAlone(record);
    });
  }

  async function runAlone(record: RawRecord): Promise<void> {
    await untilAvailable(1, () => handleOnce([record]), (error) => setAside(record, error));
  }

  async function untilAvailable(count: number, work: () => Promise<void>, orElse: (error: unknown) => Promise<void>): Promise<void> {
    for (let attempt = 0; !isStopping(); attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Unavailable)) return orElse(error);
        logger.error({ err: error, attempt, records: count }, 'batch failed, trying again');
        await pause(Math.min(100 * 2 ** attempt, 2_000));
      }
    }
  }

  async function setAside(record: RawRecord, error: unknown): Promise<void> {
    logger.error({ err: error, partition: record.partition, offset: record.offset }, 'record failed alone');
    const tell = async () => handler.onPoisoned?.(record, error);
    await untilAvailable(1, tell, async (untold) => logger.error({ err: untold }, 'nobody could be told of it'));
    const keep = async () => {
      await publish([deadLetter(record, 'failed', String(error))]);
      markHandled([record]);
      countDeadLetter('failed');
    };
    await untilAvailable(1, keep, async (unkept) => { throw unkept; });
  }

  async function handleOnce(records: readonly RawRecord[]): Promise<void> {
    const outcomes = await handler.handle(records);
    const dead = records.flatMap((record, index) => lettersOf(record, outcomes[index] ?? rejected('no_outcome')));
    if (dead.length > 0) await publish(dead);
    for (const { headers } of dead) countDeadLetter(headers['reason'] ?? '');
    markHandled(records);
  }

  function lettersOf(record: RawRecord, outcome: Outcome): KafkaRecord[] {
    if (outcome.kind === 'rejected') return [deadLetter(record, outcome.reason, outcome.error)];
    const apart = outcome.kind === 'done' ? (outcome.apart ?? []) : [];
    return apart.map(({ value, error }) => deadLetter({ ...record, value, bytes: undefined }, 'failed', error));
  }

  function deadLetter({ key, value, headers, partition, offset, bytes }: RawRecord, reason: string, error: string): KafkaRecord {
    const why = { reason, error: error.slice(0, 1_000), topic: handler.topic, partition: String(partition), offset };
    return { topic: deadLetterTopic, key, value, headers: { ...headers, ...why }, bytes: bytes && { ...bytes, headers: { ...bytes.headers, ...why } } };
  }

  return run;
}
