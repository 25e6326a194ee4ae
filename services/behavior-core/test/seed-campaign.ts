import { randomUUID } from 'node:crypto';
import type { InappEvent } from '@waggle/contracts';
import type { Pool } from 'pg';

interface SeedTask {
  recurrence?: string;
  max_awards?: number | null;
  points?: number;
  event_type?: string;
}

/** An active campaign of `workspace`, its tasks mapped from `purchase_completed` unless said. */
export async function seedCampaign(db: Pool, tasks: readonly SeedTask[], workspace = 'ws_demo'): Promise<{ campaignId: number; taskIds: string[] }> {
  const inserted = await db.query<{ id: number }>(
    `INSERT INTO campaigns (workspace_id, name, status, inapp_webhooks_enabled, created_at, updated_at)
     VALUES ($1, 'Winter', 'active', true, now(), now()) RETURNING id`,
    [workspace],
  );
  const campaignId = inserted.rows[0]!.id;
  const taskIds: string[] = [];
  for (const { recurrence = 'once', max_awards = null, points = 10, event_type = 'purchase_completed' } of tasks) {
    const taskId = `tsk_${randomUUID()}`;
    taskIds.push(taskId);
    await db.query(
      `INSERT INTO campaign_tasks (workspace_id, id, campaign_id, name, verification, points, recurrence, max_awards, created_at, updated_at)
       VALUES ($1, $2, $3, 'Buy', 'INAPP_WEBHOOK', $4, $5, $6, now(), now())`,
      [workspace, taskId, campaignId, points, recurrence, max_awards],
    );
    await db.query(
      `INSERT INTO campaign_mappings (workspace_id, id, campaign_id, event_type, task_id, active, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, true, now(), now())`,
      [workspace, `map_${randomUUID()}`, campaignId, event_type, taskId],
    );
  }
  return { campaignId, taskIds };
}

export const walletOf = (n: number) => `0x${n.toString(16).padStart(40, '0')}`;

/** As ingress makes it: the test states what it is about. */
export function anInappEvent(fields: Partial<InappEvent> & { campaign_id: number }): InappEvent {
  const event_id = fields.event_id ?? `evt_${randomUUID()}`;
  return {
    id: `iev_${event_id}`, workspace_id: 'ws_demo', key_id: 'ick_1', environment: 'live', event_type: 'purchase_completed',
    occurred_at: '2026-01-02T03:04:05Z', wallet: walletOf(1), received_at: '2026-01-02T03:04:06.789Z', digest: 'digest', body: '{"a" : "\\u0000"}',
    ...fields, event_id,
  };
}
