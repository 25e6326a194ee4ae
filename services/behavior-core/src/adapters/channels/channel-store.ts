import { channelCredentials, newId, type ChannelCredentials, type ChannelKind, type ChannelRef, type ChannelStateChange, type FoundChannel } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import type { SealedBox } from '@waggle/runtime';
import type { Pool } from 'pg';
import { appendAudit, type Administrator } from '../people/audit-log.ts';
import type { UserRef } from '../people/user-store.ts';

export interface ConnectionRow {
  channel: string;
  kind: ChannelKind;
  id: string;
}

const LOCK_USER = { name: 'channels_lock_user', text: 'SELECT cardinality(channels) AS count, $3 = ANY(channels) AS "isConnected" FROM users WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE' };
const FIND_USER = { name: 'channels_find_user', text: 'SELECT 1 AS found FROM users WHERE workspace_id = $1 AND id = $2' };
const LIST = { name: 'channels_list', text: 'SELECT channel, kind, id FROM channel_connections WHERE workspace_id = $1 AND user_id = $2 ORDER BY channel' };

// What was reported of the connection before is not about this one.
const CONNECT = {
  name: 'channel_connect',
  text: `INSERT INTO channel_connections (workspace_id, user_id, channel, id, kind, sealed_credentials) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (workspace_id, user_id, channel) DO UPDATE SET id = excluded.id, kind = excluded.kind, sealed_credentials = excluded.sealed_credentials,
      failing_since = NULL, state_at = NULL, updated_at = clock_timestamp()`,
};
const DISCONNECT = { name: 'channel_disconnect', text: 'DELETE FROM channel_connections WHERE workspace_id = $1 AND user_id = $2 AND channel = $3 RETURNING id' };

// Behind the other: whoever locks a user reads along where to tell of changes.
const SAVE_NAMES = {
  name: 'users_save_channels',
  text: `UPDATE users SET channels = ARRAY(SELECT channel FROM channel_connections WHERE workspace_id = $1 AND user_id = $2 ORDER BY channel) WHERE workspace_id = $1 AND id = $2`,
};
const FIND_ALL = {
  name: 'channels_find_all',
  text: `SELECT workspace_id, user_id, channel, id, sealed_credentials FROM channel_connections
    WHERE (workspace_id, user_id, channel) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
};

// A report may come twice and late: an older one changes nothing, and neither does one of a connection that is no more.
const SAVE_STATES = {
  name: 'channels_save_states',
  text: `UPDATE channel_connections c SET failing_since = CASE WHEN s.is_failing THEN coalesce(c.failing_since, s.at) END, state_at = s.at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[]) AS s(workspace_id, user_id, channel, id, is_failing, at)
    WHERE c.workspace_id = s.workspace_id AND c.user_id = s.user_id AND c.channel = s.channel AND c.id = s.id AND (c.state_at IS NULL OR c.state_at <= s.at)`,
};

const refOf = ({ workspaceId, userId }: UserRef) => [workspaceId, userId];

export const createChannelStore = (pool: Pool, box: SealedBox, { perUserMax }: { perUserMax: number }) => ({
  /** By name, without the feed that everybody has. Null when there is no such user. */
  async list(user: UserRef): Promise<ConnectionRow[] | null> {
    const [found, rows] = await Promise.all([query<{ found: number }>(pool, FIND_USER, refOf(user)), query<ConnectionRow>(pool, LIST, refOf(user))]);
    return found.length === 0 ? null : rows;
  },

  async connect(by: Administrator, user: UserRef, { channel, credentials }: { channel: string; credentials: ChannelCredentials }): Promise<'connected' | 'unknown_user' | 'too_many'> {
    const id = newId('chn');
    return transact(pool, {
      load: async (tx) => (await tx.query<{ count: number; isConnected: boolean }>({ ...LOCK_USER, values: [...refOf(user), channel] })).rows[0],
      decide(found) {
        if (found === undefined) return 'unknown_user' as const;
        return found.isConnected || found.count < perUserMax ? 'connected' : 'too_many';
      },
      async save(tx, decision) {
        if (decision !== 'connected') return decision;
        await Promise.all([
          tx.query({ ...CONNECT, values: [...refOf(user), channel, id, credentials.kind, box.seal(JSON.stringify(credentials), id)] }),
          tx.query({ ...SAVE_NAMES, values: refOf(user) }),
          appendAudit(tx, by, { action: 'channel.connected', target: { kind: 'channel', id }, userId: user.userId, details: { kind: credentials.kind } }),
        ]);
        return decision;
      },
    });
  },

  async disconnect(by: Administrator, user: UserRef, channel: string): Promise<boolean> {
    return transact(pool, {
      async load(tx) {
        const [, { rows }] = await Promise.all([
          tx.query({ ...LOCK_USER, values: [...refOf(user), channel] }), tx.query<{ id: string }>({ ...DISCONNECT, values: [...refOf(user), channel] }),
        ]);
        return rows[0];
      },
      decide: (removed) => removed,
      async save(tx, removed) {
        if (removed === undefined) return false;
        await Promise.all([
          tx.query({ ...SAVE_NAMES, values: refOf(user) }),
          appendAudit(tx, by, { action: 'channel.disconnected', target: { kind: 'channel', id: removed.id }, userId: user.userId }),
        ]);
        return true;
      },
    });
  },

  /** For the dispatcher. */
  async findAll(refs: readonly ChannelRef[]): Promise<FoundChannel[]> {
    const rows = await query<ChannelRef & { id: string; sealed_credentials: string }>(pool, FIND_ALL, [refs.map((ref) => ref.workspace_id), refs.map((ref) => ref.user_id), refs.map((ref) => ref.channel)]);
    return rows.map(({ id, sealed_credentials, ...ref }) => ({ ...ref, connection_id: id, credentials: channelCredentials.parse(JSON.parse(box.open(sealed_credentials, id))) }));
  },

  /** Of each connection the newest one counts: what was published again may come behind it. */
  async saveStates(changes: readonly ChannelStateChange[]): Promise<void> {
    const inOrder = changes.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
    const last = [...new Map(inOrder.map((change) => [change.connection_id, change])).values()];
    await query(pool, SAVE_STATES, [
      last.map(({ workspace_id }) => workspace_id), last.map(({ user_id }) => user_id), last.map(({ channel }) => channel), last.map(({ connection_id }) => connection_id),
      last.map(({ is_failing }) => is_failing), last.map(({ at }) => at),
    ]);
  },
});
export type ChannelStore = ReturnType<typeof createChannelStore>;
