import { AHEAD_MAX_MS } from '../domain/log-entry.ts';
import { firstPositionOf, recordedAtOf } from './partition-statements.ts';

// Names are as the migrations made them: the rebuilt table takes the old one's place in every respect.

/** What a rebuild leaves that did not end, or was refused. */
export const CLEAR_AWAY = 'DROP TABLE IF EXISTS events_rebuilt, events_staged';

export const BEGIN_AGAIN = [
  CLEAR_AWAY,
  'CREATE TABLE events_rebuilt (LIKE events INCLUDING ALL) PARTITION BY RANGE (position)',
  `CREATE UNLOGGED TABLE events_staged (ordinal bigserial PRIMARY KEY, is_from_kafka boolean NOT NULL, workspace_id text NOT NULL, event_id text NOT NULL, event text NOT NULL, user_id text NOT NULL,
     entity_id text NOT NULL, occurred_at timestamptz(3) NOT NULL, recorded_at timestamptz(3), body text NOT NULL, sequence bigint, user_digest text NOT NULL, order_key text NOT NULL)`,
];

export const STAGE = `INSERT INTO events_staged (is_from_kafka, workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence, user_digest, order_key)
  SELECT $1, workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence, user_digest, order_key
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::bigint[], $11::text[], $12::text[]) WITH ORDINALITY
    AS given(workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence, user_digest, order_key, ordinal)
  ORDER BY ordinal`;

// A position for each row, in order: the first of its time, or the next one that is free. `number` counts the rows from 1.
const placed = (floor: string) => `number + max(${floor} - number) OVER (ORDER BY number)`;

// Kafka holds the end of each user's history, in order, and of each wallet's in a campaign: what it has is taken from there, and from the file what came
// before. When an event was recorded is known from the log or the file; what is not known was recorded when it happened, but not before the workspace's
// first. Neither was recorded before what precedes it under its key, and nothing else makes it later: partitions are read one after the other. None may
// come to be recorded much before it happened: lists and the search for repetitions leave out what was recorded before then, and a log that was rebuilt
// without that rule is mended by the next time. Erased users stay erased, whoever still has their events.
export const FILL = `INSERT INTO events_rebuilt (workspace_id, position, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence)
  SELECT workspace_id, position, event_id, event, user_id, entity_id, occurred_at, ${recordedAtOf('position')}, body, sequence
  FROM (
    SELECT *, ${placed(firstPositionOf('at'))} AS position
    FROM (
      SELECT *, row_number() OVER (ORDER BY at, is_from_kafka, ordinal) AS number
      FROM (
        SELECT workspace_id, event_id, event, user_id, entity_id, occurred_at, body, coalesce(sequence, known_sequence) AS sequence, is_from_kafka, ordinal, order_key,
          greatest(coalesce(min(known_at) OVER (PARTITION BY workspace_id), now()),
            max(greatest(coalesce(known_at, least(occurred_at, now())), occurred_at - interval '${AHEAD_MAX_MS} milliseconds')) OVER (PARTITION BY workspace_id, order_key ORDER BY is_from_kafka, ordinal)) AS at
        FROM (
          SELECT s.*, coalesce(log.recorded_at, file.recorded_at) AS known_at, coalesce(log.sequence, file.sequence) AS known_sequence
          FROM (SELECT DISTINCT ON (workspace_id, event_id) * FROM events_staged ORDER BY workspace_id, event_id, is_from_kafka DESC, ordinal) AS s
          LEFT JOIN events AS log ON log.workspace_id = s.workspace_id AND log.event_id = s.event_id
          LEFT JOIN LATERAL (SELECT f.recorded_at, f.sequence FROM events_staged AS f
            WHERE f.workspace_id = s.workspace_id AND f.event_id = s.event_id AND NOT f.is_from_kafka LIMIT 1) AS file ON log.event_id IS NULL
        ) AS chosen
        WHERE NOT EXISTS (SELECT FROM erased_users AS e
          WHERE e.workspace_id = chosen.workspace_id AND e.user_digest = chosen.user_digest AND (chosen.sequence IS NULL OR chosen.sequence <= e.event_sequence) AND chosen.event NOT LIKE 'award.%')
      ) AS dated
    ) AS numbered
  ) AS placed
  ORDER BY position`;

export const INDEX_STAGED = 'CREATE INDEX ON events_staged (workspace_id, event_id)';

// Per workspace what the log has and the source has not, and whether its first event is among that.
export const MISSING = `SELECT e.workspace_id AS "workspaceId", count(*)::int AS count, bool_or(e.position = first.position) AS "isFirst"
  FROM events AS e
  JOIN (SELECT workspace_id, min(position) AS position FROM events GROUP BY workspace_id) AS first USING (workspace_id)
  WHERE e.position <= $1 AND NOT EXISTS (SELECT FROM events_rebuilt AS r WHERE r.workspace_id = e.workspace_id AND r.event_id = e.event_id)
  GROUP BY e.workspace_id ORDER BY e.workspace_id`;

// Users (for awards: wallets in a campaign) whose events have another order than in the log, among the events that both have, or than the core's own
// numbers say.
export const DISORDERED = `SELECT workspace_id AS "workspaceId", user_id AS "userId" FROM (
    SELECT r.workspace_id, r.user_id,
      row_number() OVER (PARTITION BY r.workspace_id, s.order_key ORDER BY r.position) <> row_number() OVER (PARTITION BY r.workspace_id, s.order_key ORDER BY e.position) AS is_moved
    FROM events_rebuilt AS r JOIN events AS e ON e.workspace_id = r.workspace_id AND e.event_id = r.event_id
      JOIN LATERAL (SELECT order_key FROM events_staged AS s WHERE s.workspace_id = r.workspace_id AND s.event_id = r.event_id LIMIT 1) AS s ON true
    UNION ALL
    SELECT workspace_id, user_id, sequence < lag(sequence) OVER (PARTITION BY workspace_id, user_id ORDER BY position) FROM events_rebuilt WHERE sequence IS NOT NULL
  ) AS compared WHERE is_moved GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 20`;

export const COUNTS = `SELECT (SELECT count(*) FROM events WHERE position <= $1)::int AS log, (SELECT count(*) FROM events_rebuilt)::int AS rebuilt`;

// What was recorded while all this was done, in its order, behind all else. The writers stand still meanwhile.
export const CATCH_UP = `INSERT INTO events_rebuilt (workspace_id, position, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence)
  SELECT workspace_id, placed_at, event_id, event, user_id, entity_id, occurred_at, ${recordedAtOf('placed_at')}, body, sequence
  FROM (
    SELECT *, ${placed(`greatest(${firstPositionOf('recorded_at')}, (SELECT coalesce(max(position), 0) + 1 FROM events_rebuilt))`)} AS placed_at
    FROM (
      SELECT *, row_number() OVER (ORDER BY position) AS number FROM events AS e
      WHERE position > $1 AND NOT EXISTS (SELECT FROM events_rebuilt AS r WHERE r.workspace_id = e.workspace_id AND r.event_id = e.event_id)
    ) AS numbered
  ) AS placed
  ORDER BY placed_at`;

// Partitions, indexes and the table itself: later migrations go by the old names.
const RENAME = `DO $$ DECLARE made record; BEGIN
  FOR made IN SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'i', 'I') AND relname LIKE 'events\\_rebuilt%' LOOP
    EXECUTE format('ALTER TABLE %I RENAME TO %I', made.name, replace(made.name, 'events_rebuilt', 'events'));
  END LOOP; END $$`;

export const SWAP = [
  'ALTER SEQUENCE events_position_seq OWNED BY events_rebuilt.position',
  'DROP TABLE events, events_staged',
  RENAME,
  `SELECT setval('events_position_seq', greatest((SELECT last_value FROM events_position_seq), (SELECT max(position) FROM events)))`,
  'UPDATE log_epoch SET epoch = gen_random_uuid(), dropped_to = 0',
];
