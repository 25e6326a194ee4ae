import { newId } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Pool } from 'pg';

const CREATE = { name: 'workspace_create', text: 'INSERT INTO workspaces (id, name) VALUES ($1, $2)' };

export const createWorkspaceStore = (pool: Pool) => ({
  async create(name: string): Promise<string> {
    const id = newId('ws');
    await query(pool, CREATE, [id, name]);
    return id;
  },
});
