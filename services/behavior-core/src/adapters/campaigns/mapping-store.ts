import { newId, type ChangeMappingBody, type CreateMappingBody } from '@waggle/contracts';
import { isUniqueViolation, query, transact } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import { appendAudit, type Administrator } from '../people/audit-log.ts';
import type { PartRef } from './campaign-changes.ts';
import type { After, CampaignRef, MappingRow } from './campaign-store.ts';

/** `no_task`: the campaign has no such task. */
export type MappingFault = 'no_task' | 'already_exists';

const COLUMNS = `workspace_id AS "workspaceId", id, campaign_id AS "campaignId", event_type AS "eventType", task_id AS "taskId", active,
  created_at AS "createdAt", updated_at AS "updatedAt"`;
const ONE = 'workspace_id = $1 AND id = $2 AND campaign_id = $3';
const LIST = {
  name: 'campaign_mappings_list',
  text: `SELECT ${COLUMNS} FROM campaign_mappings WHERE workspace_id = $1 AND campaign_id = $2 AND id > $3 ORDER BY id LIMIT $4`,
};
// Held, so that the task is not deleted meanwhile.
const HOLD_TASK = {
  name: 'campaign_mapping_hold_task',
  text: 'SELECT FROM campaign_tasks WHERE workspace_id = $1 AND id = $2 AND campaign_id = $3 AND deleted_at IS NULL FOR SHARE',
};
const CREATE = {
  name: 'campaign_mapping_create',
  text: `INSERT INTO campaign_mappings (workspace_id, id, campaign_id, event_type, task_id, active, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp()) RETURNING ${COLUMNS}`,
};
const LOCK = { name: 'campaign_mapping_lock', text: `SELECT ${COLUMNS} FROM campaign_mappings WHERE ${ONE} FOR UPDATE` };
const CHANGE = {
  name: 'campaign_mapping_change',
  text: `UPDATE campaign_mappings SET event_type = $4, task_id = $5, active = $6, updated_at = clock_timestamp() WHERE ${ONE} RETURNING ${COLUMNS}`,
};
const REMOVE = { name: 'campaign_mapping_remove', text: `DELETE FROM campaign_mappings WHERE ${ONE}` };

export const createMappingStore = (pool: Pool) => ({
  create(by: Administrator, campaign: CampaignRef, { event_type, task_id, active }: CreateMappingBody): Promise<MappingRow | MappingFault> {
    const id = newId('map');
    return orTaken(transact<boolean, boolean, MappingRow | MappingFault>(pool, {
      load: (tx) => holdTask(tx, by, { campaignId: campaign.id, id: task_id }),
      decide: (hasTask) => hasTask,
      async save(tx, hasTask) {
        if (!hasTask) return 'no_task';
        const [made] = await Promise.all([
          tx.query<MappingRow>({ ...CREATE, values: [by.workspaceId, id, campaign.id, event_type, task_id, active] }),
          appendAudit(tx, by, { action: 'campaign_mapping.created', target: { kind: 'campaign_mapping', id } }),
        ]);
        return made.rows[0]!;
      },
    }));
  },

  /** Null when there is none. */
  change(by: Administrator, { campaignId, id }: PartRef, { event_type, task_id, active }: ChangeMappingBody): Promise<MappingRow | MappingFault | null> {
    return orTaken(transact<readonly [boolean, MappingRow | undefined], MappingRow | MappingFault | null, MappingRow | MappingFault | null>(pool, {
      // The task first, as whoever deletes it with its mappings does.
      load: (tx) => Promise.all([
        task_id === undefined || holdTask(tx, by, { campaignId, id: task_id }),
        tx.query<MappingRow>({ ...LOCK, values: [by.workspaceId, id, campaignId] }).then(({ rows }) => rows[0]),
      ]),
      decide([hasTask, row]) {
        if (row === undefined) return null;
        return hasTask ? { ...row, eventType: event_type ?? row.eventType, taskId: task_id ?? row.taskId, active: active ?? row.active } : 'no_task';
      },
      async save(tx, next) {
        if (next === null || next === 'no_task' || next === 'already_exists') return next;
        const [written] = await Promise.all([
          tx.query<MappingRow>({ ...CHANGE, values: [by.workspaceId, id, campaignId, next.eventType, next.taskId, next.active] }),
          appendAudit(tx, by, { action: 'campaign_mapping.changed', target: { kind: 'campaign_mapping', id }, details: { active: String(next.active) } }),
        ]);
        return written.rows[0] ?? null;
      },
    }));
  },

  async remove(by: Administrator, { campaignId, id }: PartRef): Promise<boolean> {
    const key = [by.workspaceId, id, campaignId];
    return transact(pool, {
      load: async (tx) => (await tx.query({ ...LOCK, values: key })).rows.length > 0,
      decide: (exists) => exists,
      async save(tx, exists) {
        if (!exists) return false;
        await Promise.all([
          tx.query({ ...REMOVE, values: key }),
          appendAudit(tx, by, { action: 'campaign_mapping.deleted', target: { kind: 'campaign_mapping', id } }),
        ]);
        return true;
      },
    });
  },

  list({ workspaceId, id }: CampaignRef, { after, limit }: After<string>): Promise<MappingRow[]> {
    return query<MappingRow>(pool, LIST, [workspaceId, id, after ?? '', limit]);
  },
});
export type MappingStore = ReturnType<typeof createMappingStore>;

async function holdTask(tx: ClientBase, { workspaceId }: Administrator, { campaignId, id }: PartRef): Promise<boolean> {
  return (await tx.query({ ...HOLD_TASK, values: [workspaceId, id, campaignId] })).rows.length > 0;
}

/** A type is mapped to a task once. */
async function orTaken<Result>(work: Promise<Result>): Promise<Result | 'already_exists'> {
  return work.catch((error: unknown) => {
    if (isUniqueViolation(error)) return 'already_exists';
    throw error;
  });
}
