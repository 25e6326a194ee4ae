import type { Attempt, DeliveryStatus } from '@waggle/contracts';
import { transact } from '@waggle/database';
import type { Pool } from 'pg';
import type { Delivery } from '../domain/delivery.ts';
import type { DeliveryDetailRow } from './delivery-log.ts';
import { SHARE_ERASURES } from './erasure-store.ts';

interface FinishedTest {
  delivery: Omit<Delivery, 'leaseEndsAt'>;
  timestamp: string;
  status: Extract<DeliveryStatus, 'succeeded' | 'failed'>;
  reason: string | null;
  attempt: Attempt;
}

// Of an endpoint that was deleted or erased meanwhile nothing is kept.
const KEEP = {
  name: 'test_delivery_keep',
  text: `WITH receiver AS (SELECT FROM endpoints WHERE workspace_id = $1 AND id = $3 AND deleted_at IS NULL),
    event AS (INSERT INTO events (workspace_id, id, event, user_id, timestamp, body) SELECT $1, $4, $5, $6, $7::timestamptz, $8 FROM receiver)
    INSERT INTO deliveries (workspace_id, id, endpoint_id, event_id, event, user_id, status, reason, attempt_count, attempts, is_test, completed_at)
    SELECT $1, $2, $3, $4, $5, $6, $9, $10, 1, jsonb_build_array($11::jsonb), true, now() FROM receiver
    RETURNING id, endpoint_id, event_id, event, user_id, status, reason, attempt_count, next_attempt_at, created_at, completed_at, attempts`,
};

/** Keeps a test send that is over, so that it is found and can be retried like any delivery. Null when its endpoint is no more. */
export const createTestDeliveries = (pool: Pool) => ({
  async keep({ delivery: d, timestamp, status, reason, attempt }: FinishedTest): Promise<DeliveryDetailRow | null> {
    const values = [d.workspaceId, d.id, d.endpointId, d.eventId, d.event, d.userId, timestamp, d.body, status, reason, JSON.stringify(attempt)];
    return transact(pool, {
      load: (tx) => tx.query(SHARE_ERASURES),
      decide: () => {},
      async save(tx) {
        const { rows } = await tx.query<Omit<DeliveryDetailRow, 'body'>>({ ...KEEP, values });
        return rows[0] === undefined ? null : { ...rows[0], body: d.body };
      },
    });
  },
});
export type TestDeliveries = ReturnType<typeof createTestDeliveries>;
