import { newId } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import type { Pool } from 'pg';
import { appendAudit } from './audit-log.ts';

const CREATE = { name: 'workspace_create', text: 'INSERT INTO workspaces (id, name) VALUES ($1, $2)' };
const FIND = { name: 'workspace_find', text: 'SELECT id FROM workspaces WHERE id = $1' };
const LIST = {
  name: 'workspaces_list',
  text: `SELECT w.id AS workspace_id, w.name, w.created_at,
      (SELECT count(*)::int FROM api_keys k WHERE k.workspace_id = w.id AND k.user_id IS NULL AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) AS system_keys
    FROM workspaces w ORDER BY w.created_at, w.id`,
};

export interface WorkspaceRow {
  workspace_id: string;
  name: string;
  created_at: Date;
  system_keys: number;
}

export const createWorkspaceStore = (pool: Pool) => ({
  async create(name: string): Promise<string> {
    const id = newId('ws');
    const by = { workspaceId: id, keyId: null, requestId: null };
    await transact(pool, {
      load: async () => {},
      decide: () => {},
      save: async (tx) => void (await Promise.all([
        tx.query({ ...CREATE, values: [id, name] }),
        appendAudit(tx, by, { action: 'workspace.created', target: { kind: 'workspace', id } }),
      ])),
    });
    return id;
  },
  async exists(id: string): Promise<boolean> {
    return (await query<{ id: string }>(pool, FIND, [id])).length > 0;
  },
  list: (): Promise<WorkspaceRow[]> => query<WorkspaceRow>(pool, LIST),
});
