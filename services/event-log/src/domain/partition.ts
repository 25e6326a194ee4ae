import { firstPositionAt, timeOf } from './position.ts';

export const PERIODS = ['month', 'week', 'day'] as const;
/** How long the next partition is. Those that are there stay as they are. */
export type Period = (typeof PERIODS)[number];

/** A part of the table: positions from `from` (0: from the beginning), before `to`. Parts never overlap, but there may be gaps between them. */
export interface Partition {
  name: string;
  from: number;
  to: number;
}

export const holds = ({ from, to }: Partition, position: number): boolean => from <= position && position < to;

/** The partition to be made for a position that none holds: its calendar period (UTC), as far as that is free. */
export function partitionFor(position: number, partitions: readonly Partition[], period: Period): Partition {
  const [start, end] = periodAround(timeOf(position), period);
  const from = Math.max(firstPositionAt(start), ...partitions.map(({ to }) => to).filter((to) => to <= position));
  const to = Math.min(firstPositionAt(end), ...partitions.map((other) => other.from).filter((other) => other > position));
  return { name: `events_${nameOf(timeOf(from))}`, from, to };
}

/** Made before they are needed, so that a writer has to make one only after the service was away for days. */
export function partitionsAhead(nowMs: number, partitions: readonly Partition[], period: Period): Partition[] {
  const made: Partition[] = [];
  for (let day = 0; day <= DAYS_AHEAD; day++) {
    const position = firstPositionAt(nowMs + day * DAY_MS);
    const all = [...partitions, ...made];
    if (!all.some((partition) => holds(partition, position))) made.push(partitionFor(position, all, period));
  }
  return made;
}

/** The oldest of those in which nothing can be younger than `days`. */
export const expiredPartition = (nowMs: number, partitions: readonly Partition[], days: number): Partition | undefined =>
  partitions.filter(({ to }) => to <= firstPositionAt(nowMs - days * DAY_MS)).toSorted((one, other) => one.to - other.to)[0];

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 2;

function periodAround(time: Date, period: Period): [number, number] {
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()];
  if (period === 'month') return [Date.UTC(year, month), Date.UTC(year, month + 1)];
  if (period === 'day') return [Date.UTC(year, month, day), Date.UTC(year, month, day + 1)];
  const monday = day - ((time.getUTCDay() + 6) % 7);
  return [Date.UTC(year, month, monday), Date.UTC(year, month, monday + 7)];
}

/** 20261201; with the time of day, if it begins at another than midnight. */
function nameOf(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().replaceAll(/[-:]/g, '').split('T');
  return clock.startsWith('000000') ? date : `${date}_${clock.slice(0, 6)}`;
}
