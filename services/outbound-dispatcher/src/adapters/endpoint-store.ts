import { query } from '@waggle/database';
import type { Pool } from 'pg';

/** Whose endpoints a caller sees: a system key's all of the workspace, a user key's the user's own. */
export interface EndpointScope {
  workspaceId: string;
  userId: string | null;
}

export interface EndpointRow {
  id: string;
  user_id: string | null;
  url: string;
  event_types: string[];
  description: string | null;
  status: 'enabled' | 'disabled';
  disabled_reason: 'manual' | 'failing' | 'gone' | null;
  created_at: Date;
  updated_at: Date;
}

interface NewEndpoint extends EndpointScope {
  id: string;
  url: string;
  eventTypes: readonly string[];
  description: string | null;
  sealedSecret: string;
}

const COLUMNS = 'id, user_id, url, event_types, description, status, disabled_reason, created_at, updated_at';
const IN_SCOPE = 'workspace_id = $1 AND ($2::text IS NULL OR user_id = $2) AND deleted_at IS NULL';

// One statement, so one transaction: whoever reads the counter's new value sees the row.
const INSERT = {
  name: 'endpoint_insert',
  text: `WITH changes AS (UPDATE endpoint_changes SET counter = counter + 1 RETURNING counter)
    INSERT INTO endpoints (workspace_id, id, user_id, url, event_types, description, sealed_secret, change)
    SELECT $1, $2, $3, $4, $5::text[], $6, $7, counter FROM changes
    RETURNING ${COLUMNS}`,
};

const LIST = {
  name: 'endpoint_list',
  text: `SELECT ${COLUMNS} FROM endpoints WHERE ${IN_SCOPE} AND ($3::text IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
};

const FIND = { name: 'endpoint_find', text: `SELECT ${COLUMNS} FROM endpoints WHERE ${IN_SCOPE} AND id = $3` };

// The row stays, because its deliveries are still listed; its secret goes.
const DELETE = {
  name: 'endpoint_delete',
  text: `WITH changes AS (UPDATE endpoint_changes SET counter = counter + 1 RETURNING counter)
    UPDATE endpoints SET deleted_at = now(), updated_at = now(), sealed_secret = '', change = counter FROM changes
    WHERE ${IN_SCOPE} AND endpoints.id = $3
    RETURNING endpoints.id`,
};

/** Administration of endpoints. What fan-out and attempts know of them is the directory's. */
export const createEndpointStore = (pool: Pool) => ({
  async insert({ workspaceId, id, userId, url, eventTypes, description, sealedSecret }: NewEndpoint): Promise<EndpointRow> {
    const [row] = await query<EndpointRow>(pool, INSERT, [workspaceId, id, userId, url, eventTypes, description, sealedSecret]);
    return row!;
  },
  /** Newest first, one more than `limit` where there is more. */
  list: ({ workspaceId, userId }: EndpointScope, { before, limit }: { before: string | null; limit: number }): Promise<EndpointRow[]> =>
    query<EndpointRow>(pool, LIST, [workspaceId, userId, before, limit + 1]),
  async find({ workspaceId, userId }: EndpointScope, id: string): Promise<EndpointRow | null> {
    const [row] = await query<EndpointRow>(pool, FIND, [workspaceId, userId, id]);
    return row ?? null;
  },
  /** False when there is none. */
  async remove({ workspaceId, userId }: EndpointScope, id: string): Promise<boolean> {
    return (await query<{ id: string }>(pool, DELETE, [workspaceId, userId, id])).length > 0;
  },
});
export type EndpointStore = ReturnType<typeof createEndpointStore>;
