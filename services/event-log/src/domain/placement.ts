import { AHEAD_MAX_MS } from './log-entry.ts';
import { holds, partitionFor, type Partition, type Period } from './partition.ts';
import { firstPositionAt, timeOf } from './position.ts';

export interface LogEnd {
  /** The first position that is free. */
  next: number;
  nowMs: number;
  partitions: readonly Partition[];
}

export interface Placement {
  /** Of the first event; the others follow one by one. */
  first: number;
  /** Holds them all: an event's id is unique within a partition by its index, and is looked up in those before. */
  partition: Partition;
  isNew: boolean;
  /** Where the oldest partition begins in which an event may be that comes again. */
  lookFrom: number;
  /** An event whose own time is that or later was recorded in this partition or not at all. */
  lookBefore: Date;
}

/** Kafka keeps a record for 30 days, and some more until its segment is full and old. */
const REDELIVERED_MS = 45 * 86_400_000;

/** Where so many events go. Never before what is there, also with a clock that was set back. */
export function placeEvents({ next, nowMs, partitions }: LogEnd, count: number, period: Period): Placement {
  const first = Math.max(next, firstPositionAt(nowMs));
  const found = partitions.find((partition) => holds(partition, first));
  const partition = found ?? partitionFor(first, partitions, period);
  if (first + count > partition.to) return placeEvents({ next: partition.to, nowMs, partitions: found === undefined ? [...partitions, partition] : partitions }, count, period);
  const recent = partitions.filter(({ to }) => to > firstPositionAt(nowMs - REDELIVERED_MS));
  return {
    first, partition, isNew: found === undefined,
    lookFrom: Math.min(partition.from, ...recent.map(({ from }) => from)),
    lookBefore: new Date(timeOf(partition.from).getTime() + AHEAD_MAX_MS),
  };
}
