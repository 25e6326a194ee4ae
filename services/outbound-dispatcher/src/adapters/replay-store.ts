import type { KeptOperation } from '@waggle/contracts';
import { toUtc } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import { appendToOutbox } from '@waggle/outbox';
import type { Pool } from 'pg';
import { IN_SCOPE, toAuditRecord, type Administrator, type EndpointScope } from './endpoint-row.ts';

/** What is to be replayed. */
interface ReplayRange {
  endpointId: string;
  statuses: readonly ('failed' | 'skipped')[];
  since: string;
  /** Null: to now. */
  until: string | null;
}

interface NewReplay extends ReplayRange {
  id: string;
  workspaceId: string;
  count: number;
}

interface ReplayName {
  workspaceId: string;
  id: string;
}

/** With its place among all that are open. */
export interface OpenReplay extends ReplayName {
  createdAt: Date;
}

interface ActiveReplay {
  endpointId: string;
  isPutBack: boolean;
}

const FIND_ENDPOINT = { name: 'replay_find_endpoint', text: `SELECT user_id AS "userId", status FROM endpoints WHERE ${IN_SCOPE} AND id = $3` };

// The index of what can be replayed has only these; of a test event there is nothing to replay. Rows are of one workspace, since endpoint ids are of one.
const COUNT = {
  name: 'replay_count',
  text: `SELECT count(*)::int AS count FROM deliveries
    WHERE endpoint_id = $1 AND status = ANY ($2::text[]) AND status IN ('failed', 'skipped') AND NOT is_test AND created_at >= $3::timestamptz AND created_at < $4::timestamptz`,
};

const INSERT = {
  name: 'replay_insert',
  text: `INSERT INTO replays (workspace_id, id, endpoint_id, statuses, after_created_at, until, total) VALUES ($1, $2, $3, $4::text[], $5::timestamptz, $6::timestamptz, $7)`,
};

// A page behind a place, the first of all without one. Ids order what was asked for in one millisecond, which is all that the column keeps.
const LIST_ACTIVE = {
  name: 'replays_active',
  text: `SELECT workspace_id AS "workspaceId", id, created_at AS "createdAt" FROM replays
    WHERE completed_at IS NULL AND ($1::timestamptz IS NULL OR (created_at, id) > ($1::timestamptz, $2::text)) ORDER BY created_at, id LIMIT $3::int`,
};

// Whoever else is at it goes on with it.
const LOCK = {
  name: 'replay_lock',
  text: `SELECT endpoint_id AS "endpointId", is_put_back AS "isPutBack" FROM replays WHERE workspace_id = $1 AND id = $2 AND completed_at IS NULL FOR UPDATE SKIP LOCKED`,
};

// Of those put back, the ones without an attempt yet; those that wait for a retry do so without holding back the rest.
const COUNT_WAITING = { name: 'replay_count_waiting', text: `SELECT count(*)::int AS count FROM deliveries WHERE replay_id = $1 AND status = 'pending'` };

// Only what was over when the replay was asked for: so the replay has an end, and what it has put back it never takes again. In the same
// statement as its place, so a crash does neither or both. A replay waits for no turn and nobody for it.
const PUT_BACK = {
  name: 'replay_put_back',
  text: `WITH chosen AS (
      SELECT d.workspace_id, d.id FROM replays r JOIN deliveries d
        ON d.endpoint_id = r.endpoint_id AND d.status = ANY (r.statuses) AND d.status IN ('failed', 'skipped') AND NOT d.is_test
          AND (d.created_at, d.id) > (r.after_created_at, r.after_id) AND d.created_at < r.until AND d.completed_at <= r.created_at
      WHERE r.workspace_id = $1 AND r.id = $2
      ORDER BY d.created_at, d.id LIMIT $3::int
      FOR UPDATE OF d
    ), put AS (
      UPDATE deliveries d SET status = 'pending', reason = NULL, attempts_before = d.attempt_count, is_single = false, turn = NULL, replay_id = $2,
        next_attempt_at = now(), claimable_at = now(), completed_at = NULL
      FROM chosen WHERE d.workspace_id = chosen.workspace_id AND d.id = chosen.id
      RETURNING d.created_at, d.id
    ), last AS (SELECT created_at, id FROM put ORDER BY created_at DESC, id DESC LIMIT 1)
    UPDATE replays r SET put_back = r.put_back + (SELECT count(*) FROM put), is_put_back = (SELECT count(*) FROM put) < $3::int,
      after_created_at = coalesce((SELECT created_at FROM last), r.after_created_at), after_id = coalesce((SELECT id FROM last), r.after_id)
    WHERE r.workspace_id = $1 AND r.id = $2
    RETURNING (SELECT count(*)::int FROM put) AS count`,
};

const COMPLETE = {
  name: 'replay_complete',
  text: `UPDATE replays r SET completed_at = now(), failed = (SELECT count(*) FROM deliveries d WHERE d.replay_id = r.id AND d.status IN ('failed', 'skipped'))
    WHERE r.workspace_id = $1 AND r.id = $2 AND NOT EXISTS (SELECT FROM deliveries d WHERE d.replay_id = r.id AND d.status IN ('pending', 'retrying'))`,
};

// What is put back and neither waits nor is tried any more is done, whatever became of it: an erasure takes rows away.
const FIND = {
  name: 'replay_find',
  text: `SELECT r.completed_at AS "completedAt", r.put_back AS "putBack", CASE WHEN r.is_put_back THEN r.put_back ELSE greatest(r.total, r.put_back) END AS total,
      coalesce(r.failed, of.failed)::int AS failed, of.unfinished::int AS unfinished
    FROM replays r CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE d.status IN ('failed', 'skipped')) AS failed, count(*) FILTER (WHERE d.status IN ('pending', 'retrying')) AS unfinished
      FROM deliveries d WHERE d.replay_id = r.id AND r.completed_at IS NULL
    ) AS of
    WHERE r.workspace_id = $1 AND r.id = $2`,
};

const KEPT_DAYS = 30;
const REMOVE_EXPIRED = {
  name: 'replays_remove_expired',
  text: `DELETE FROM replays WHERE (workspace_id, id) IN (
    SELECT workspace_id, id FROM replays WHERE completed_at < now() - interval '${KEPT_DAYS} days' LIMIT $1) RETURNING 1 AS removed`,
};

type FindRow = { completedAt: Date | null; putBack: number; total: number; failed: number; unfinished: number };

const valuesOf = ({ endpointId, statuses, since, until }: ReplayRange) => [endpointId, statuses, since, until ?? 'infinity'];

/** Replays: a row each, and behind it a few of its deliveries at a time. */
export const createReplayStore = (pool: Pool) => ({
  async findEndpoint({ workspaceId, userId }: EndpointScope, id: string): Promise<{ userId: string | null; status: 'enabled' | 'disabled' } | null> {
    const [row] = await query<{ userId: string | null; status: 'enabled' | 'disabled' }>(pool, FIND_ENDPOINT, [workspaceId, userId, id]);
    return row ?? null;
  },
  async count(range: ReplayRange): Promise<number> {
    const [row] = await query<{ count: number }>(pool, COUNT, valuesOf(range));
    return row!.count;
  },
  /** From then on it goes on by itself, whoever is there. `ownerId`: the user whose endpoint it is. */
  async insert(by: Administrator, { id, workspaceId, count, ...range }: NewReplay, ownerId: string | null): Promise<void> {
    const { endpointId, statuses, since, until } = range;
    await transact(pool, {
      load: async () => {},
      decide: () => {},
      save: async (tx) => void (await Promise.all([
        tx.query({ ...INSERT, values: [workspaceId, id, endpointId, statuses, since, until ?? 'infinity', count] }),
        appendToOutbox(tx, [toAuditRecord(by, 'endpoint.replayed', { workspaceId, userId: ownerId, id: endpointId })]),
      ])),
    });
  },
  /** In the order in which they were asked for, those behind `after`. */
  listActive: (after: OpenReplay | null, countMax: number): Promise<OpenReplay[]> => query<OpenReplay>(pool, LIST_ACTIVE, [after?.createdAt ?? null, after?.id ?? null, countMax]),
  /** One short transaction: puts back as many as may wait, or ends what is over. Tells how many were put back. */
  async step({ workspaceId, id }: ReplayName, { waitingMax }: { waitingMax: number }): Promise<number> {
    return transact(pool, {
      async load(tx) {
        const [locked, waiting] = await Promise.all([
          tx.query<ActiveReplay>({ ...LOCK, values: [workspaceId, id] }),
          tx.query<{ count: number }>({ ...COUNT_WAITING, values: [id] }),
        ]);
        return { replay: locked.rows[0], room: waitingMax - waiting.rows[0]!.count };
      },
      decide: (loaded) => loaded,
      async save(tx, { replay, room }) {
        if (replay?.isPutBack === true) await tx.query({ ...COMPLETE, values: [workspaceId, id] });
        if (replay === undefined || replay.isPutBack || room <= 0) return 0;
        const { rows } = await tx.query<{ count: number }>({ ...PUT_BACK, values: [workspaceId, id, room] });
        return rows[0]?.count ?? 0;
      },
    });
  },
  /** As `GET /v1/operations/{id}` shows it; null when there is none, or it was forgotten. */
  async find({ workspaceId, id }: ReplayName): Promise<KeptOperation> {
    const [row] = await query<FindRow>(pool, FIND, [workspaceId, id]);
    if (row === undefined) return null;
    const { completedAt, putBack, total, failed, unfinished } = row;
    const status = putBack === 0 ? 'pending' : 'running';
    return { status: completedAt === null ? status : 'completed', total, done: putBack - unfinished, failed, result: null, completed_at: completedAt && toUtc(completedAt) };
  },
  removeExpired: async (countMax: number): Promise<number> => (await query(pool, REMOVE_EXPIRED, [countMax])).length,
});
export type ReplayStore = ReturnType<typeof createReplayStore>;
