import { setImmediate as nextTurn } from 'node:timers/promises';
import { userDigest } from '@waggle/contracts';
import { joinJson, transact } from '@waggle/database';
import type { ClientBase, Pool } from 'pg';
import { Counter, type Registry } from 'prom-client';
import type { LogEntry } from '../domain/log-entry.ts';
import type { Partition, Period } from '../domain/partition.ts';
import { placeEvents, type LogEnd, type Placement } from '../domain/placement.ts';
import { attachPartition, createPartition, LIST_PARTITIONS, recordedAtOf } from './partition-statements.ts';

// Positions are given when rows are inserted and seen when they are committed: two writers at once would show 8 before 7, and a reader that has
// passed 8 never looks back. So writers take turns: PostgreSQL gives this lock back only after the commit has become visible, and whoever comes
// next gives higher ones. A statement of its own, since the next one sees only what was committed when it began.
export const TAKE_TURNS = { name: 'events_take_turns', text: `SELECT pg_advisory_xact_lock(hashtext('event-log positions'))` };

const READ_END = {
  name: 'events_read_end',
  text: `SELECT (last_value + 1)::float8 AS next, floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs" FROM events_position_seq`,
};

// In the batch's order. A redelivered event finds its first by the partition's own index, or in one of the partitions before, as far back as a
// record can come again; to look there for each event takes a fifth longer, so only those are looked for whose own time lies that far back. What
// an erased user did is not taken in, however late it comes: the erasure has its own topic, and a redelivered record finds its first no more.
const RECORD = {
  name: 'events_record',
  text: `INSERT INTO events (workspace_id, position, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence)
    SELECT given.workspace_id, $10::bigint + given.ordinal, given.event_id, given.event, given.user_id, given.entity_id, given.occurred_at, ${recordedAtOf('$10::bigint + given.ordinal')},
      given.body, given.sequence
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], string_to_array($7, E'\\x1f'), $8::bigint[], $9::text[]) WITH ORDINALITY
      AS given(workspace_id, event_id, event, user_id, entity_id, occurred_at, body, sequence, user_digest, ordinal)
    WHERE NOT EXISTS (SELECT FROM erased_users AS e
        WHERE e.workspace_id = given.workspace_id AND e.user_digest = given.user_digest AND given.sequence <= e.event_sequence)
      AND (given.occurred_at >= $13::timestamptz OR NOT EXISTS (SELECT FROM events AS e
        WHERE e.workspace_id = given.workspace_id AND e.event_id = given.event_id AND e.position >= $11::bigint AND e.position < $12::bigint))
    ORDER BY given.ordinal
    ON CONFLICT DO NOTHING`,
};

const MOVE_END = { name: 'events_move_end', text: `SELECT setval('events_position_seq', $1::bigint)` };

/** Rows per transaction: far below the statement time-out on a slow disk, so that catching up after an outage cannot get stuck. */
const ROWS_MAX = 3_000;

export interface EventWriterDeps {
  pool: Pool;
  metrics: Registry;
  /** How long a partition is that has to be made. */
  period: Period;
}

export function createEventWriter({ pool, metrics, period }: EventWriterDeps) {
  const recorded = new Counter({ name: 'events_recorded_total', help: 'Events that were taken into the log', registers: [metrics] });
  const repeated = new Counter({ name: 'events_repeated_total', help: 'Events that were in the log already', registers: [metrics] });

  /** Entries are drawn as they are needed: the next rows are made while PostgreSQL writes these. */
  async function record(entries: Iterable<LogEntry>): Promise<void> {
    const rest = Iterator.from(entries);
    let writing = Promise.resolve();
    for (let chunk = takeFrom(rest); chunk.length > 0; chunk = takeFrom(rest)) {
      const { length } = chunk;
      const columns = columnsOf(chunk);
      await writing;
      writing = recordChunk(columns, length).then((count) => {
        recorded.inc(count);
        repeated.inc(length - count);
      });
      // Awaited above or below, but not before the next rows are made.
      writing.catch(() => {});
      await nextTurn();
    }
    await writing;
  }

  const recordChunk = (columns: readonly unknown[], count: number): Promise<number> =>
    transact(pool, {
      load: takeTurn,
      decide: (end) => placeEvents(end, count, period),
      save: (tx, placement) => insert(tx, columns, count, placement),
    });

  return { record };
}

/** Whoever has the turn sees where the log ends, and keeps it until the transaction does. */
export async function takeTurn(tx: ClientBase): Promise<LogEnd> {
  const [, end, partitions] = await Promise.all([tx.query(TAKE_TURNS), tx.query<Omit<LogEnd, 'partitions'>>(READ_END), tx.query<Partition>(LIST_PARTITIONS)]);
  return { ...end.rows[0]!, partitions: partitions.rows };
}

async function insert(tx: ClientBase, columns: readonly unknown[], count: number, { first, partition, isNew, lookFrom, lookBefore }: Placement): Promise<number> {
  const [, inserted] = await Promise.all([
    isNew ? tx.query(`${createPartition(partition.name)}; ${attachPartition(partition)}`) : undefined,
    tx.query({ ...RECORD, values: [...columns, first - 1, lookFrom, partition.from, lookBefore] }),
    tx.query({ ...MOVE_END, values: [first + count - 1] }),
  ]);
  return inserted.rowCount ?? 0;
}

function takeFrom(entries: Iterator<LogEntry>): LogEntry[] {
  const taken: LogEntry[] = [];
  for (let next = entries.next(); !next.done; next = entries.next()) {
    taken.push(next.value);
    if (taken.length === ROWS_MAX) break;
  }
  return taken;
}

const columnsOf = (entries: readonly LogEntry[]) => [
  entries.map(({ workspaceId }) => workspaceId),
  entries.map(({ eventId }) => eventId),
  entries.map(({ event }) => event),
  entries.map(({ userId }) => userId),
  entries.map(({ entityId }) => entityId),
  entries.map(({ occurredAt }) => occurredAt),
  joinJson(entries.map(({ body }) => body)),
  entries.map(({ sequence }) => sequence),
  entries.map(({ workspaceId, userId }) => userDigest({ workspace_id: workspaceId, user_id: userId })),
];
