import type { ClientBase } from 'pg';
import { COUNTED } from './endpoint-row.ts';

/** An endpoint that is to be disabled. */
export interface UnhealthyEndpoint {
  workspaceId: string;
  id: string;
  reason: 'gone' | 'failing';
}

const DISABLE = {
  name: 'endpoint_disable_unhealthy',
  text: `${COUNTED}
    UPDATE endpoints SET status = 'disabled', disabled_reason = $3, paused_until = NULL, pauses = 0, updated_at = now(), change = counter FROM changes
    WHERE workspace_id = $1 AND id = $2 AND status = 'enabled' AND deleted_at IS NULL
    RETURNING id`,
};

/** What its receiver has brought upon it. Behind LOCK_CHANGES. False for one that is disabled already, or deleted. */
export async function disableUnhealthy(tx: ClientBase, { workspaceId, id, reason }: UnhealthyEndpoint): Promise<boolean> {
  const { rows } = await tx.query({ ...DISABLE, values: [workspaceId, id, reason] });
  return rows.length > 0;
}
