import { query } from '@waggle/database';
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import type { Period } from '../domain/partition.ts';
import type { Order, Selection } from '../domain/selection.ts';
import { createEventWriter } from './event-writer.ts';
import { EXAMINED_MAX, pageStatement, type WalkedBy } from './page-statement.ts';

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
      greatest(dropped_to, (SELECT position FROM events WHERE workspace_id = $1 ORDER BY position DESC LIMIT 1))::float8 AS position
    FROM log_epoch`,
};

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

/** All of the log. `period`: of partitions that its writer has to make. */
export function createEventStore({ pool, metrics, period = 'month' }: { pool: Pool; metrics: Registry; period?: Period }) {
  const { record } = createEventWriter({ pool, metrics, period });

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
