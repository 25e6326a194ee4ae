import { transact } from '@waggle/database';
import type { Pool } from 'pg';
import { appendAudit, type Administrator } from '../people/audit-log.ts';
import type { CampaignRow, TaskRow } from './campaign-store.ts';
import { changeRow, type AdministeredTable } from './change-row.ts';

/** A part of a campaign, by its id. */
export interface PartRef {
  campaignId: number;
  id: string;
}

const CAMPAIGNS: AdministeredTable<CampaignRow> = {
  name: 'campaigns',
  kind: 'campaign',
  columns: {
    workspaceId: 'workspace_id', id: 'id', name: 'name', status: 'status', startsAt: 'starts_at', endsAt: 'ends_at', inappWebhooksEnabled: 'inapp_webhooks_enabled',
    createdAt: 'created_at', updatedAt: 'updated_at',
  },
  changing: ['name', 'status', 'startsAt', 'endsAt', 'inappWebhooksEnabled'],
  where: 'workspace_id = $1 AND id = $2',
};
// The lock is the one that awarding takes: a cap that changes waits for the batch that counts, and the next batch sees it.
const TASKS: AdministeredTable<TaskRow> = {
  name: 'campaign_tasks',
  kind: 'campaign_task',
  columns: {
    workspaceId: 'workspace_id', id: 'id', campaignId: 'campaign_id', name: 'name', verification: 'verification', points: 'points', recurrence: 'recurrence',
    maxAwards: 'max_awards', awardsUsed: 'awards_used', startsAt: 'starts_at', endsAt: 'ends_at', createdAt: 'created_at', updatedAt: 'updated_at', deletedAt: 'deleted_at',
  },
  changing: ['name', 'points', 'recurrence', 'maxAwards', 'startsAt', 'endsAt'],
  where: 'workspace_id = $1 AND id = $2 AND campaign_id = $3 AND deleted_at IS NULL',
};
// FOR UPDATE: no mapping to it can be made meanwhile.
const LOCK_TASK = { name: 'campaign_task_lock', text: `SELECT FROM campaign_tasks WHERE ${TASKS.where} FOR UPDATE` };
const REMOVE_MAPPINGS = { name: 'campaign_task_remove_mappings', text: 'DELETE FROM campaign_mappings WHERE workspace_id = $1 AND task_id = $2' };
const REMOVE_TASK = {
  name: 'campaign_task_remove',
  text: 'UPDATE campaign_tasks SET deleted_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2',
};

export const createCampaignChanges = (pool: Pool) => ({
  changeCampaign(by: Administrator, id: number, next: (row: CampaignRow) => CampaignRow): Promise<CampaignRow | null> {
    return changeRow(pool, by, { table: CAMPAIGNS, values: [id], next });
  },
  changeTask(by: Administrator, { campaignId, id }: PartRef, next: (row: TaskRow) => TaskRow): Promise<TaskRow | null> {
    return changeRow(pool, by, { table: TASKS, values: [id, campaignId], next });
  },

  /** With its mappings. What it has awarded stays. False when there is none. */
  async removeTask(by: Administrator, { campaignId, id }: PartRef): Promise<boolean> {
    return transact(pool, {
      load: async (tx) => (await tx.query({ ...LOCK_TASK, values: [by.workspaceId, id, campaignId] })).rows.length > 0,
      decide: (exists) => exists,
      async save(tx, exists) {
        if (!exists) return false;
        await Promise.all([
          tx.query({ ...REMOVE_MAPPINGS, values: [by.workspaceId, id] }),
          tx.query({ ...REMOVE_TASK, values: [by.workspaceId, id] }),
          appendAudit(tx, by, { action: 'campaign_task.deleted', target: { kind: 'campaign_task', id } }),
        ]);
        return true;
      },
    });
  },
});
export type CampaignChanges = ReturnType<typeof createCampaignChanges>;
