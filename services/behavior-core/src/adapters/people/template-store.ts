import { query, transact } from '@waggle/database';
import type { Pool } from 'pg';
import { appendAudit, type Administrator } from './audit-log.ts';

export interface Template {
  name: string;
  description: string | null;
  /** Creation bodies, defaults filled in. */
  activities: { type: string; name: string }[];
}

export interface TemplateRow extends Template {
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'name, description, activities, created_at, updated_at';
const FIND = { name: 'template_find', text: `SELECT ${COLUMNS} FROM activity_templates WHERE workspace_id = $1 AND name = $2` };
const LIST = { name: 'templates_list', text: `SELECT ${COLUMNS} FROM activity_templates WHERE workspace_id = $1 AND name > $2 ORDER BY name LIMIT $3` };
const CREATE = {
  name: 'template_create',
  text: `INSERT INTO activity_templates (workspace_id, name, description, activities, created_at, updated_at)
    VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp()) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
};
const LOCK = { name: 'template_lock', text: 'SELECT name FROM activity_templates WHERE workspace_id = $1 AND name = $2 FOR UPDATE' };
const REPLACE = {
  name: 'template_replace',
  text: `UPDATE activity_templates SET description = $3, activities = $4, updated_at = clock_timestamp() WHERE workspace_id = $1 AND name = $2 RETURNING ${COLUMNS}`,
};
const REMOVE = { name: 'template_remove', text: 'DELETE FROM activity_templates WHERE workspace_id = $1 AND name = $2' };

const valuesOf = (workspaceId: string, { name, description, activities }: Template) => [workspaceId, name, description, JSON.stringify(activities)];

export const createTemplateStore = (pool: Pool) => ({
  /** Null when there is one of that name. */
  async create(by: Administrator, template: Template): Promise<TemplateRow | null> {
    return transact(pool, {
      // Written in the first step: whether the name is free is what the second must know.
      load: async (tx) => (await tx.query<TemplateRow>({ ...CREATE, values: valuesOf(by.workspaceId, template) })).rows[0] ?? null,
      decide: (made) => made,
      async save(tx, made) {
        if (made !== null) await appendAudit(tx, by, { action: 'template.created', target: { kind: 'template', id: template.name } });
        return made;
      },
    });
  },

  /** Null when there is none of that name. */
  async replace(by: Administrator, template: Template): Promise<TemplateRow | null> {
    return transact(pool, {
      load: async (tx) => (await tx.query({ ...LOCK, values: [by.workspaceId, template.name] })).rows.length > 0,
      decide: (exists) => exists,
      async save(tx, exists) {
        if (!exists) return null;
        const [replaced] = await Promise.all([
          tx.query<TemplateRow>({ ...REPLACE, values: valuesOf(by.workspaceId, template) }),
          appendAudit(tx, by, { action: 'template.changed', target: { kind: 'template', id: template.name } }),
        ]);
        return replaced.rows[0] ?? null;
      },
    });
  },

  async remove(by: Administrator, name: string): Promise<boolean> {
    return transact(pool, {
      load: async (tx) => (await tx.query({ ...LOCK, values: [by.workspaceId, name] })).rows.length > 0,
      decide: (exists) => exists,
      async save(tx, exists) {
        if (!exists) return false;
        await Promise.all([
          tx.query({ ...REMOVE, values: [by.workspaceId, name] }),
          appendAudit(tx, by, { action: 'template.deleted', target: { kind: 'template', id: name } }),
        ]);
        return true;
      },
    });
  },

  async find(workspaceId: string, name: string): Promise<TemplateRow | null> {
    return (await query<TemplateRow>(pool, FIND, [workspaceId, name]))[0] ?? null;
  },
  /** By name. */
  list(workspaceId: string, { after, limit }: { after: string | null; limit: number }): Promise<TemplateRow[]> {
    return query<TemplateRow>(pool, LIST, [workspaceId, after ?? '', limit]);
  },
});
export type TemplateStore = ReturnType<typeof createTemplateStore>;
