import { userDigest } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import { appendToOutbox } from '@waggle/outbox';
import { Unavailable } from '@waggle/runtime';
import type { Pool } from 'pg';
import type { Endpoint } from '../domain/endpoint.ts';
import { createEndpointChanges } from './endpoint-changes.ts';
import { RECEIVER_COLUMNS } from './endpoint-directory.ts';
import { COLUMNS, COUNTED, FIND, IN_SCOPE, LOCK_CHANGES, toAuditRecord, type Administrator, type EndpointRow, type EndpointScope, type EndpointSettings } from './endpoint-row.ts';
import { SHARE_ERASURES } from './erasure-store.ts';

export interface NewEndpoint extends EndpointScope, EndpointSettings {
  id: string;
  sealedSecret: string;
}

// An erased user's key is remembered for some seconds: until it is forgotten everywhere, no endpoint is made under that name.
const FIND_JUST_ERASED = {
  name: 'endpoint_find_just_erased',
  text: `SELECT FROM erased_users WHERE workspace_id = $1 AND user_digest = $2 AND received_at > clock_timestamp() - interval '10 s'`,
};

const COUNT_OF_OWNER = {
  name: 'endpoint_count_of_owner',
  text: 'SELECT count(*)::int AS count FROM endpoints WHERE workspace_id = $1 AND user_id IS NOT DISTINCT FROM $2 AND deleted_at IS NULL',
};

const INSERT = {
  name: 'endpoint_insert',
  text: `${COUNTED}
    INSERT INTO endpoints (workspace_id, id, user_id, url, event_types, description, sealed_secret, sealed_headers, ordering, max_in_flight, change)
    SELECT $1, $2, $3, $4, $5::text[], $6, $7, $8, $9, $10::int, counter FROM changes
    RETURNING ${COLUMNS}`,
};

const LIST = {
  name: 'endpoint_list',
  text: `SELECT ${COLUMNS} FROM endpoints WHERE ${IN_SCOPE} AND ($3::text IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
};

const FIND_RECEIVER = { name: 'endpoint_find_receiver', text: `SELECT ${RECEIVER_COLUMNS} FROM endpoints WHERE ${IN_SCOPE} AND id = $3` };

/** A moment later the key is forgotten, or belongs to a user who came again. */
class OwnerErased extends Unavailable {}

/** Administration of endpoints. What fan-out and attempts know of them is the directory's. */
export const createEndpointStore = (pool: Pool, { perOwnerMax }: { perOwnerMax: number }) => ({
  ...createEndpointChanges(pool),
  async insert(by: Administrator, endpoint: NewEndpoint): Promise<EndpointRow | 'limit_reached'> {
    const { workspaceId, id, userId, url, eventTypes, description, sealedSecret, sealedHeaders, ordering, maxInFlight } = endpoint;
    const digest = userId === null ? null : userDigest({ workspace_id: workspaceId, user_id: userId });
    return transact(pool, {
      async load(tx) {
        const [, erased, , counted] = await Promise.all([
          tx.query(SHARE_ERASURES),
          tx.query({ ...FIND_JUST_ERASED, values: [workspaceId, digest] }),
          tx.query(LOCK_CHANGES),
          tx.query<{ count: number }>({ ...COUNT_OF_OWNER, values: [workspaceId, userId] }),
        ]);
        return { isJustErased: erased.rows.length > 0, count: counted.rows[0]!.count };
      },
      decide({ isJustErased, count }) {
        if (isJustErased) throw new OwnerErased('The user is being erased');
        return count < perOwnerMax;
      },
      async save(tx, hasRoom) {
        if (!hasRoom) return 'limit_reached';
        const values = [workspaceId, id, userId, url, eventTypes, description, sealedSecret, sealedHeaders, ordering, maxInFlight];
        const record = toAuditRecord(by, 'endpoint.created', { workspaceId, userId, id });
        const [inserted] = await Promise.all([tx.query<EndpointRow>({ ...INSERT, values }), appendToOutbox(tx, [record])]);
        return inserted.rows[0]!;
      },
    });
  },
  /** Newest first. */
  list: ({ workspaceId, userId }: EndpointScope, { before, limit }: { before: string | null; limit: number }): Promise<EndpointRow[]> =>
    query<EndpointRow>(pool, LIST, [workspaceId, userId, before, limit]),
  async find({ workspaceId, userId }: EndpointScope, id: string): Promise<EndpointRow | null> {
    const [row] = await query<EndpointRow>(pool, FIND, [workspaceId, userId, id]);
    return row ?? null;
  },
  /** As an attempt needs it, as it is this moment. */
  async findReceiver({ workspaceId, userId }: EndpointScope, id: string): Promise<Endpoint | null> {
    const [row] = await query<Endpoint>(pool, FIND_RECEIVER, [workspaceId, userId, id]);
    return row ?? null;
  },
});
export type EndpointStore = ReturnType<typeof createEndpointStore>;
