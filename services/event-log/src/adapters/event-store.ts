import { setImmediate as nextTurn } from 'node:timers/promises';
import { userDigest } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import type { Pool } from 'pg';
import { Counter, type Registry } from 'prom-client';
import type { LogEntry } from '../domain/log-entry.ts';
import type { Order, Selection } from '../domain/selection.ts';
import { EXAMINED_MAX, pageStatement, type WalkedBy } from './page-statement.ts';

// Sequence numbers are drawn when a row is inserted and seen when it is committed: two writers at once would show 8 before 7, and a
// reader that has passed 8 never looks back. So writers take turns: PostgreSQL gives this lock back only after the commit has become
// visible, and whoever draws next draws higher. A statement of its own, since the next one sees only what was committed when it began.
export const TAKE_TURNS = { name: 'events_take_turns', text: `SELECT pg_advisory_xact_lock(hashtext('event-log positions'))` };

// Positions are drawn in the batch's order. `recorded_at` is one instant per batch, read behind the lock and never before the
// workspace's latest: a clock that is set back must not make a time point to two places in the log. What an erased user did is not taken in,
// however late it comes: the erasure has its own topic, and a redelivered record finds its first no more.
const RECORD = {
  name: 'events_record',
  text: `WITH instant AS MATERIALIZED (
      SELECT greatest(date_trunc('milliseconds', clock_timestamp()), max(latest.recorded_at)) AS recorded_at
      FROM (SELECT DISTINCT workspace_id FROM unnest($1::text[]) AS given(workspace_id)) AS workspace
      LEFT JOIN LATERAL (SELECT e.recorded_at FROM events AS e WHERE e.workspace_id = workspace.workspace_id
        ORDER BY e.recorded_at DESC, e.position DESC LIMIT 1) AS latest ON true
    )
    INSERT INTO events (workspace_id, event_id, event, user_id, entity_id, occurred_at, body, sequence, recorded_at)
    SELECT given.workspace_id, given.event_id, given.event, given.user_id, given.entity_id, given.occurred_at, given.body, given.sequence, instant.recorded_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::bigint[], $9::text[]) WITH ORDINALITY
      AS given(workspace_id, event_id, event, user_id, entity_id, occurred_at, body, sequence, user_digest, ordinal), instant
    WHERE NOT EXISTS (SELECT FROM erased_users AS e
      WHERE e.workspace_id = given.workspace_id AND e.user_digest = given.user_digest AND given.sequence <= e.event_sequence)
    ORDER BY given.ordinal
    ON CONFLICT (workspace_id, event_id) DO NOTHING`,
};

const FIND = {
  name: 'events_find',
  text: `SELECT position::float8 AS position, recorded_at AS "recordedAt", body, event, user_id AS "userId"
    FROM events WHERE workspace_id = $1 AND event_id = $2`,
};

// One index descent per workspace that somebody follows, however many follow it. The first row tells of the log alone: it is there also when nothing new is.
const TAIL = {
  name: 'events_tail',
  text: `SELECT log.epoch::text AS epoch, NULL AS "workspaceId", NULL::float8 AS position, NULL::timestamptz AS "recordedAt", NULL AS body,
      NULL AS event, NULL AS "userId", NULL AS "entityId" FROM log_epoch AS log
    UNION ALL (
      SELECT NULL, followed.workspace_id, e.position::float8, e.recorded_at, e.body, e.event, e.user_id, e.entity_id
      FROM unnest($1::text[], $2::bigint[]) AS followed(workspace_id, after)
      CROSS JOIN LATERAL (SELECT * FROM events WHERE events.workspace_id = followed.workspace_id AND events.position > followed.after
        ORDER BY events.position LIMIT $3) AS e
      ORDER BY e.position)`,
};

const HEAD = {
  name: 'events_head',
  text: `SELECT epoch::text AS epoch, dropped_to::float8 AS "droppedTo",
      coalesce((SELECT position FROM events WHERE workspace_id = $1 ORDER BY position DESC LIMIT 1), 0)::float8 AS position
    FROM log_epoch`,
};

/** Rows per transaction: far below the statement time-out on a slow disk, so that catching up after an outage cannot get stuck. */
const ROWS_MAX = 1_000;

export interface StoredEvent {
  position: number;
  recordedAt: Date;
  body: string;
}

/** Of the whole log. A cursor of another epoch, or one that stands before `droppedTo`, leads nowhere. */
export interface LogState {
  epoch: string;
  droppedTo: number;
}

/** An event as the tail hands it on: with what streams select by. */
export interface TailRow extends StoredEvent {
  workspaceId: string;
  event: string;
  userId: string;
  entityId: string;
}

/** The last row of a page tells of the walk and has no body. */
type PageRow = LogState & { position: number | null; recordedAt: Date | null; body: string | null; examined: number | null };

export function createEventStore({ pool, metrics }: { pool: Pool; metrics: Registry }) {
  const recorded = new Counter({ name: 'events_recorded_total', help: 'Events that were taken into the log', registers: [metrics] });
  const repeated = new Counter({ name: 'events_repeated_total', help: 'Events that were in the log already', registers: [metrics] });

  /** Entries are drawn as they are needed: the next rows are made while PostgreSQL writes these. */
  async function record(entries: Iterable<LogEntry>): Promise<void> {
    const rest = Iterator.from(entries);
    let writing = Promise.resolve(0);
    for (let chunk = takeFrom(rest); chunk.length > 0; chunk = takeFrom(rest)) {
      const columns = columnsOf(chunk);
      await writing;
      writing = recordChunk(pool, columns).then((count) => {
        recorded.inc(count);
        repeated.inc(chunk.length - count);
        return count;
      });
      // Awaited above or below, but not before the next rows are made.
      writing.catch(() => {});
      await nextTurn();
    }
    await writing;
  }

  async function readPage(selection: Selection, { after, limit }: { after: number; limit: number }) {
    const { workspaceId, userId, entityId, eventTypes, occurredFrom, occurredBefore, recordedFrom, recordedBefore, order } = selection;
    const values = [workspaceId, after, userId, entityId, eventTypes, occurredFrom, occurredBefore, recordedFrom, recordedBefore, limit];
    const rows = await query<PageRow>(pool, PAGES[order][walkedBy(selection)], values);
    const walk = rows.find(({ examined }) => examined !== null);
    if (walk === undefined) throw new Error('The page statement did not tell of its walk');
    return { epoch: walk.epoch, droppedTo: walk.droppedTo, rows: rows.flatMap(toStored), examinedTo: walk.position, isCutShort: walk.examined === EXAMINED_MAX };
  }

  async function find(workspaceId: string, eventId: string) {
    const [row] = await query<StoredEvent & { event: string; userId: string }>(pool, FIND, [workspaceId, eventId]);
    return row ?? null;
  }

  /** Where the workspace's log ends now. */
  async function readHead(workspaceId: string): Promise<LogState & { position: number }> {
    const [head] = await query<LogState & { position: number }>(pool, HEAD, [workspaceId]);
    if (head === undefined) throw new Error('The log has no epoch');
    return head;
  }

  /** What lies behind a position in each of some workspaces, at most `limit` of each. */
  async function readTail(positions: ReadonlyMap<string, number>, limit: number): Promise<{ epoch: string; rows: TailRow[] }> {
    const [log, ...rows] = await query<TailRow & { epoch: string }>(pool, TAIL, [[...positions.keys()], [...positions.values()], limit]);
    if (log === undefined) throw new Error('The log has no epoch');
    return { epoch: log.epoch, rows };
  }

  return { record, readPage, find, readHead, readTail };
}

function takeFrom(entries: Iterator<LogEntry>): LogEntry[] {
  const taken: LogEntry[] = [];
  for (let next = entries.next(); !next.done; next = entries.next()) {
    taken.push(next.value);
    if (taken.length === ROWS_MAX) break;
  }
  return taken;
}

function recordChunk(pool: Pool, columns: readonly unknown[]): Promise<number> {
  return transact(pool, {
    load: (tx) => tx.query(TAKE_TURNS),
    decide: () => [...columns],
    save: async (tx, values) => (await tx.query({ ...RECORD, values })).rowCount ?? 0,
  });
}

const columnsOf = (entries: readonly LogEntry[]) => [
  entries.map(({ workspaceId }) => workspaceId),
  entries.map(({ eventId }) => eventId),
  entries.map(({ event }) => event),
  entries.map(({ userId }) => userId),
  entries.map(({ entityId }) => entityId),
  entries.map(({ occurredAt }) => occurredAt),
  entries.map(({ body }) => body),
  entries.map(({ sequence }) => sequence),
  entries.map(({ workspaceId, userId }) => userDigest({ workspace_id: workspaceId, user_id: userId })),
];

const statementsIn = (order: Order): Record<WalkedBy, { name: string; text: string }> => ({
  workspace: pageStatement('workspace', order),
  user: pageStatement('user', order),
  entity: pageStatement('entity', order),
  event: pageStatement('event', order),
});
const PAGES: Record<Order, Record<WalkedBy, { name: string; text: string }>> = { asc: statementsIn('asc'), desc: statementsIn('desc') };

/** The narrowest index: an entity belongs to one user, a user has few of a workspace's events. */
function walkedBy({ entityId, userId, eventTypes }: Selection): WalkedBy {
  if (entityId !== null) return 'entity';
  if (userId !== null) return 'user';
  return eventTypes?.length === 1 ? 'event' : 'workspace';
}

function toStored({ position, recordedAt, body }: PageRow): StoredEvent[] {
  return position !== null && recordedAt !== null && body !== null ? [{ position, recordedAt, body }] : [];
}
