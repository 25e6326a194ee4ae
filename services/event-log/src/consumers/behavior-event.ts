import { behaviorEvent } from '@waggle/contracts';
import { defineDrawingHandler, type BatchHandler } from '@waggle/kafka';
import { toLogEntry, type LogEntry } from '../domain/log-entry.ts';

interface BehaviorEventDeps {
  /** In the order given; what is in the log already stays as it is. */
  record(entries: Iterable<LogEntry>): Promise<void>;
}

export const behaviorEventHandler = ({ record }: BehaviorEventDeps): BatchHandler =>
  defineDrawingHandler(behaviorEvent, {
    handle: (received) => record(received.map(({ data, json, raw }) => toLogEntry(data, json, raw.headers))),
  });
