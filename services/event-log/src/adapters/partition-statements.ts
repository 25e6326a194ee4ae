import type { Partition } from '../domain/partition.ts';
import { POSITIONS_PER_MS } from '../domain/position.ts';

// PostgreSQL's own catalogue is what knows: there is no second list that could differ.
export const LIST_PARTITIONS = {
  name: 'event_partitions_list',
  text: `SELECT part.relname AS name, coalesce(substring(bounds FROM 'FROM \\(''(\\d+)''')::float8, 0) AS "from", substring(bounds FROM 'TO \\(''(\\d+)''')::float8 AS "to"
    FROM pg_inherits JOIN pg_class AS part ON part.oid = pg_inherits.inhrelid CROSS JOIN LATERAL pg_get_expr(part.relpartbound, part.oid) AS bounds
    WHERE pg_inherits.inhparent = 'events'::regclass
    ORDER BY "to"`,
};

export const READ_CLOCK = { name: 'events_clock', text: `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"` };

/** SQL: when the event of a position was recorded. */
export const recordedAtOf = (position: string) => `(timestamptz 'epoch' + (${position}) / ${POSITIONS_PER_MS} * interval '1 millisecond')`;

/** SQL: the first position of a time's millisecond. */
export const firstPositionOf = (time: string) => `floor(extract(epoch FROM ${time}) * 1000)::bigint * ${POSITIONS_PER_MS}`;

/** The indexes of `events` come with attaching, but for the one that cannot be the whole table's: it does not begin with the position. */
export const createPartition = (name: string, table = 'events') => `CREATE TABLE ${name} (LIKE ${table})`;

/** Attached and not created in place: readers and writers go on meanwhile. */
export const attachPartition = ({ name, from, to }: Partition, table = 'events') => `CREATE UNIQUE INDEX ON ${name} (workspace_id, event_id);
  ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${from === 0 ? 'MINVALUE' : from}) TO (${to})`;
