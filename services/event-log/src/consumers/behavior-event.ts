import { behaviorEvent } from '@waggle/contracts';
import { defineBatchHandler, done, type BatchHandler } from '@waggle/kafka';
import { toLogEntry, type LogEntry } from '../domain/log-entry.ts';

interface BehaviorEventDeps {
  /** In the order given; what is in the log already stays as it is. */
  record(entries: Iterable<LogEntry>): Promise<void>;
}

export const behaviorEventHandler = ({ record }: BehaviorEventDeps): BatchHandler =>
  defineBatchHandler(behaviorEvent, {
    async handle(received) {
      await record(received.values().map(({ data, raw }) => toLogEntry(data, raw.value, raw.headers)));
      return received.map(done);
    },
  });
