import type { InappEvent, Recurrence } from '@waggle/contracts';
import { Temporal } from 'temporal-polyfill';

type Occurred = Pick<InappEvent, 'id' | 'occurred_at'>;

/** `2026-01-02`. `occurred_at` is in UTC already. */
export const utcDay = ({ occurred_at }: Pick<Occurred, 'occurred_at'>): string => occurred_at.slice(0, 10);

/** `2026-W01`: ISO 8601 weeks begin on Monday and belong to the year of their Thursday. */
export function isoWeek(event: Pick<Occurred, 'occurred_at'>): string {
  const { yearOfWeek, weekOfYear } = Temporal.PlainDate.from(utcDay(event));
  return `${String(yearOfWeek).padStart(4, '0')}-W${String(weekOfYear).padStart(2, '0')}`;
}

const PERIODS: Record<Recurrence, (event: Occurred) => string> = { once: () => 'once', daily: utcDay, weekly: isoWeek, unlimited: ({ id }) => id };

/** What a task counts by: a wallet gets one award per task and period. */
export const periodOf = (recurrence: Recurrence, event: Occurred): string => PERIODS[recurrence](event);
