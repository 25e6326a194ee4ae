import type { ChannelMessageView } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Pool } from 'pg';

export interface StateRow {
  channel: string;
  connection_id: string | null;
  is_failing: boolean;
  last_error: string | null;
  last_delivered_at: Date | null;
  pending: number;
  oldest_pending_at: Date | null;
}

export interface MessageRow extends Omit<ChannelMessageView, 'created_at' | 'delivered_at'> {
  position: string;
  created_at: Date;
  delivered_at: Date | null;
}

// A feed has no queue: its last message is its last delivery.
const STATES = {
  name: 'channel_states',
  text: `SELECT q.channel, q.connection_id, q.failing_since IS NOT NULL AS is_failing, q.last_error, q.last_delivered_at, waiting.pending, waiting.oldest_pending_at
    FROM channel_queues q CROSS JOIN LATERAL (SELECT count(*)::int AS pending, min(m.created_at) AS oldest_pending_at FROM channel_messages m
      WHERE m.workspace_id = q.workspace_id AND m.user_id = q.user_id AND m.channel = q.channel AND m.status = 'pending') AS waiting
    WHERE q.workspace_id = $1 AND q.user_id = $2
    UNION ALL
    SELECT * FROM (SELECT 'feed', NULL, false, NULL, m.delivered_at, 0, NULL::timestamptz FROM channel_messages m
      WHERE m.workspace_id = $1 AND m.user_id = $2 AND m.channel = 'feed' ORDER BY m.position DESC LIMIT 1) AS feed`,
};
const MESSAGES = {
  name: 'channel_messages_list',
  text: `SELECT position, id, channel, kind, text, event_id, created_at, delivered_at, attempts, error FROM channel_messages
    WHERE workspace_id = $1 AND user_id = $2 AND channel = $3 AND position > $4 ORDER BY workspace_id, user_id, channel, position LIMIT $5`,
};
const COUNT_FAILING = { name: 'channel_queues_count_failing', text: 'SELECT count(*)::int AS count FROM channel_queues WHERE failing_since IS NOT NULL' };
const REMOVE_EXPIRED = {
  name: 'channel_messages_expire',
  text: `DELETE FROM channel_messages WHERE ctid = ANY(ARRAY(SELECT ctid FROM channel_messages WHERE created_at < now() - interval '90 days' LIMIT $1)) RETURNING 1 AS removed`,
};

export const createChannelReader = (pool: Pool) => ({
  statesOf: (workspaceId: string, userId: string): Promise<StateRow[]> => query<StateRow>(pool, STATES, [workspaceId, userId]),
  /** Oldest first. */
  messages: (of: { workspaceId: string; userId: string; channel: string }, { after, limit }: { after: string | null; limit: number }): Promise<MessageRow[]> =>
    query<MessageRow>(pool, MESSAGES, [of.workspaceId, of.userId, of.channel, after ?? '0', limit]),
  countFailing: async (): Promise<number> => (await query<{ count: number }>(pool, COUNT_FAILING))[0]?.count ?? 0,
  removeExpired: async (countMax: number): Promise<number> => (await query(pool, REMOVE_EXPIRED, [countMax])).length,
});
export type ChannelReader = ReturnType<typeof createChannelReader>;
