import { toUtc } from '@waggle/contracts';
import type { DeliveryRow } from '../adapters/delivery-log.ts';

export function toDeliveryView<Row extends DeliveryRow>(row: Row) {
  return {
    ...row,
    next_attempt_at: row.next_attempt_at && toUtc(row.next_attempt_at),
    created_at: toUtc(row.created_at),
    completed_at: row.completed_at && toUtc(row.completed_at),
  };
}
