import type { InappEvent, Recurrence } from '@waggle/contracts';
import { Temporal } from 'temporal-polyfill';

type Occurred = Pick<InappEvent, 'id' | 'occurred_at'>;

/** What a task counts by: a wallet gets one award per task and period. */
export function periodOf(recurrence: Recurrence, event: Occurred): string {
  switch (recurrence) {
    case 'once': return 'once';
    case 'daily': return utcDay(event);
    case 'weekly': return isoWeek(event);
    case 'unlimited': return event.id;
  }
}

/** `2026-01-02`. `occurred_at` is in UTC already. */
export const utcDay = ({ occurred_at }: Pick<Occurred, 'occurred_at'>): string => occurred_at.slice(0, 10);

/** `2026-W01`: ISO 8601 weeks begin on Monday and belong to the year of their Thursday. */
export function isoWeek(event: Pick<Occurred, 'occurred_at'>): string {
  const { yearOfWeek, weekOfYear } = Temporal.PlainDate.from(utcDay(event));
  return `${String(yearOfWeek).padStart(4, '0')}-W${String(weekOfYear).padStart(2, '0')}`;
}
