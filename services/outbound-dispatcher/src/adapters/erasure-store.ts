import { userDigest, type UserErasure } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import type { WebhookEvent } from '../domain/event.ts';
import { BLOCKED } from './turns.ts';

// Whoever inserts something about a user shares this lock, an erasure takes it alone: what was inserted is seen and deleted, or the
// erasure is seen.
export const SHARE_ERASURES = { name: 'erasures_share', text: `SELECT pg_advisory_xact_lock_shared(hashtext('erasures'))` };
/** What must see all that fan-outs have inserted, and be seen by those that follow. */
export const EXCLUDE_FAN_OUTS = { name: 'erasures_exclude', text: `SELECT pg_advisory_xact_lock(hashtext('erasures'))` };
const FIND_ERASED = {
  name: 'erased_users_find',
  text: `SELECT workspace_id, user_digest, event_sequence::float8 AS event_sequence FROM erased_users
    WHERE (workspace_id, user_digest) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
};
// Numbers first: they are the core's own order. Of two erasures without an event in between its clock tells. As precise as what it is compared with.
const FIND_REMEMBERED = {
  name: 'erased_user_find',
  text: `SELECT coalesce(r.event_sequence > $3 OR r.event_sequence = $3 AND r.erased_at >= $4::timestamptz, false) AS "isRepeat", r.received_at AS "receivedAt",
      clock_timestamp()::timestamptz(3) AS now
    FROM (SELECT) AS one LEFT JOIN erased_users r ON r.workspace_id = $1 AND r.user_digest = $2`,
};
const REMEMBER = {
  name: 'erased_user_remember',
  text: `INSERT INTO erased_users (workspace_id, user_digest, event_sequence, erased_at, received_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (workspace_id, user_digest) DO UPDATE
      SET event_sequence = excluded.event_sequence, erased_at = excluded.erased_at, received_at = excluded.received_at`,
};

// The rows stay, so that every instance hears of the change; nothing of the user stays in them.
const SCRUB_ENDPOINTS = {
  name: 'endpoints_erase',
  text: `WITH owned AS (SELECT id FROM endpoints WHERE workspace_id = $1 AND user_id = $2),
    changes AS (UPDATE endpoint_changes SET counter = counter + 1 WHERE EXISTS (SELECT FROM owned) RETURNING counter)
    UPDATE endpoints SET user_id = NULL, url = '', description = NULL, sealed_secret = '', previous_sealed_secret = NULL, sealed_headers = NULL,
      event_types = '{}', status = 'disabled',
      deleted_at = coalesce(deleted_at, now()), updated_at = now(), change = counter
    FROM changes WHERE workspace_id = $1 AND endpoints.id IN (SELECT id FROM owned)`,
};

// An award's `user_id` is a wallet, which is no user. A higher number is that of a user who came again under the same id; so is what has none,
// as a test send, and was made after the erasure ($4).
const OF_USER = `d.workspace_id = $1 AND d.user_id = $2 AND d.event NOT LIKE 'award.%' AND (d.sequence <= $3 OR d.sequence IS NULL AND d.created_at <= $4::timestamptz)`;

// Before any body goes: an unfinished delivery could be claimed without one.
const END_UNFINISHED = {
  name: 'deliveries_end_erased',
  text: `UPDATE deliveries d SET status = 'skipped', reason = 'user_erased', lease_owner = NULL, claimable_at = NULL, next_attempt_at = NULL, completed_at = now()
    WHERE ${OF_USER} AND d.status IN ('pending', 'retrying')`,
};

// What the same id does later may have waited for what is ended.
const PASS_TURNS = {
  name: 'turns_pass_erased',
  text: `WITH heads AS (
      SELECT DISTINCT ON (d.endpoint_id) d.id, d.claimable_at FROM deliveries d
      WHERE d.workspace_id = $1 AND d.user_id = $2 AND d.turn IS NOT NULL AND d.status IN ('pending', 'retrying')
      ORDER BY d.endpoint_id, d.turn
    )
    UPDATE deliveries d SET next_attempt_at = now(), claimable_at = now()
    FROM heads WHERE d.workspace_id = $1 AND d.id = heads.id AND d.claimable_at = ${BLOCKED}`,
};

// By time, since that is what the index is in: the deliveries of one event are of one transaction, so of one time.
const DELETE_SOME = {
  name: 'deliveries_erase',
  text: `WITH oldest AS (SELECT d.created_at FROM deliveries d WHERE ${OF_USER} ORDER BY d.created_at LIMIT $5::int),
    gone AS (DELETE FROM deliveries d WHERE ${OF_USER} AND d.created_at <= (SELECT max(created_at) FROM oldest) RETURNING d.event_id),
    bodies AS (DELETE FROM events e WHERE e.workspace_id = $1 AND e.id IN (SELECT event_id FROM gone))
    SELECT count(*)::int AS count FROM gone`,
};
const DELETE_MESSAGES = {
  name: 'channel_messages_erase',
  text: 'DELETE FROM channel_messages WHERE workspace_id = $1 AND user_id = $2 AND (sequence IS NULL OR sequence <= $3)',
};
// A queue with messages of one who came again under the same id goes on.
const DELETE_QUEUES = {
  name: 'channel_queues_erase',
  text: `DELETE FROM channel_queues q WHERE q.workspace_id = $1 AND q.user_id = $2 AND NOT EXISTS (
      SELECT FROM channel_messages m WHERE m.workspace_id = q.workspace_id AND m.user_id = q.user_id AND m.channel = q.channel)`,
};
const FORGET_REQUESTS = { name: 'idempotent_requests_erase', text: 'DELETE FROM idempotent_requests WHERE workspace_id = $1 AND user_id = $2' };

/** Per statement: far below the statement time-out. */
const CHUNK = 1_000;

/** In a fan-out's transaction, before all else. Sends at once. Resolves with those events that are not an erased user's. */
export async function withoutErased<Event extends Pick<WebhookEvent, 'workspaceId' | 'userId' | 'sequence'>>(tx: ClientBase, events: readonly Event[]): Promise<Event[]> {
  const keyed = events.map((event) => ({ event, digest: userDigest({ workspace_id: event.workspaceId, user_id: event.userId }) }));
  const values = [events.map(({ workspaceId }) => workspaceId), keyed.map(({ digest }) => digest)];
  const [, { rows }] = await Promise.all([
    tx.query(SHARE_ERASURES),
    tx.query<{ workspace_id: string; user_digest: string; event_sequence: number }>({ ...FIND_ERASED, values }),
  ]);
  if (rows.length === 0) return [...events];
  const erasedUpTo = new Map(rows.map((row) => [`${row.workspace_id} ${row.user_digest}`, row.event_sequence]));
  return keyed.flatMap(({ event, digest }) => {
    const isErased = event.sequence !== null && event.sequence <= (erasedUpTo.get(`${event.workspaceId} ${digest}`) ?? -1);
    return isErased ? [] : [event];
  });
}

interface Remembered {
  isRepeat: boolean;
  /** Null: there was none. */
  receivedAt: Date | null;
  now: Date;
}

export const createErasureStore = (pool: Pool) => ({
  /**
   * Deletes the user's endpoints, deliveries and bodies. Repeatable at any point: what is not numbered goes in the transaction that remembers the
   * erasure, and a repetition leaves it alone, since by then it may be of somebody who came again under the same id.
   */
  async erase(erasure: UserErasure): Promise<void> {
    const { workspace_id: workspaceId, user_id: userId, event_sequence: sequence, erased_at: erasedAt } = erasure;
    const digest = userDigest(erasure);
    const doneAt = await transact(pool, {
      async load(tx) {
        const [, { rows }] = await Promise.all([
          tx.query(EXCLUDE_FAN_OUTS),
          tx.query<Remembered>({ ...FIND_REMEMBERED, values: [workspaceId, digest, sequence, erasedAt] }),
        ]);
        return rows[0]!;
      },
      decide: ({ isRepeat, receivedAt, now }) => ({ isRepeat, doneAt: isRepeat && receivedAt !== null ? receivedAt : now }),
      async save(tx, { isRepeat, doneAt: at }) {
        if (!isRepeat) await Promise.all([
          tx.query({ ...REMEMBER, values: [workspaceId, digest, sequence, erasedAt, at] }),
          tx.query({ ...SCRUB_ENDPOINTS, values: [workspaceId, userId] }),
          tx.query({ ...END_UNFINISHED, values: [workspaceId, userId, sequence, at] }),
          tx.query({ ...PASS_TURNS, values: [workspaceId, userId] }),
          tx.query({ ...DELETE_MESSAGES, values: [workspaceId, userId, sequence] }),
          tx.query({ ...DELETE_QUEUES, values: [workspaceId, userId] }),
          tx.query({ ...FORGET_REQUESTS, values: [workspaceId, userId] }),
        ]);
        return at;
      },
    });
    for (let count = CHUNK; count >= CHUNK; ) {
      const [deleted] = await query<{ count: number }>(pool, DELETE_SOME, [workspaceId, userId, sequence, doneAt, CHUNK]);
      count = deleted?.count ?? 0;
    }
  },
});
