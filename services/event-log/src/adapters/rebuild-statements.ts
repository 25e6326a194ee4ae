// Names are as the migrations made them: the rebuilt table takes the old one's place in every respect.

export const BEGIN_AGAIN = [
  'DROP TABLE IF EXISTS events_rebuilt, events_staged',
  'CREATE TABLE events_rebuilt (LIKE events INCLUDING ALL)',
  `CREATE UNLOGGED TABLE events_staged (ordinal bigserial PRIMARY KEY, is_from_kafka boolean NOT NULL, workspace_id text NOT NULL, event_id text NOT NULL, event text NOT NULL, user_id text NOT NULL,
     entity_id text NOT NULL, occurred_at timestamptz(3) NOT NULL, recorded_at timestamptz(3), body text NOT NULL, sequence bigint, user_digest text NOT NULL)`,
];

export const STAGE = `INSERT INTO events_staged (is_from_kafka, workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence, user_digest)
  SELECT $1, workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence, user_digest
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::bigint[], $11::text[]) WITH ORDINALITY
    AS given(workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence, user_digest, ordinal)
  ORDER BY ordinal`;

// Kafka holds the end of each user's history, in order: what it has is taken from there, and from the file what came before. When an event was
// recorded is known from the log or the file, and never falls while positions rise. Erased users stay erased, whoever still has their events.
export const FILL = `INSERT INTO events_rebuilt (workspace_id, event_id, event, user_id, entity_id, occurred_at, body, sequence, recorded_at)
  SELECT workspace_id, event_id, event, user_id, entity_id, occurred_at, body, coalesce(sequence, known_sequence),
    coalesce(max(known_at) OVER (PARTITION BY workspace_id ORDER BY is_from_kafka, ordinal), date_trunc('milliseconds', clock_timestamp()))
  FROM (
    SELECT s.*, coalesce(log.recorded_at, file.recorded_at) AS known_at, coalesce(log.sequence, file.sequence) AS known_sequence
    FROM (SELECT DISTINCT ON (workspace_id, event_id) * FROM events_staged ORDER BY workspace_id, event_id, is_from_kafka DESC, ordinal) AS s
    LEFT JOIN events AS log ON log.workspace_id = s.workspace_id AND log.event_id = s.event_id
    LEFT JOIN LATERAL (SELECT f.recorded_at, f.sequence FROM events_staged AS f
      WHERE f.workspace_id = s.workspace_id AND f.event_id = s.event_id AND NOT f.is_from_kafka LIMIT 1) AS file ON log.event_id IS NULL
  ) AS chosen
  WHERE NOT EXISTS (SELECT FROM erased_users AS e
    WHERE e.workspace_id = chosen.workspace_id AND e.user_digest = chosen.user_digest AND (chosen.sequence IS NULL OR chosen.sequence <= e.event_sequence) AND chosen.event NOT LIKE 'award.%')
  ORDER BY is_from_kafka, ordinal`;

export const INDEX_STAGED = 'CREATE INDEX ON events_staged (workspace_id, event_id)';

// Per workspace what the log has and the source has not, and whether its first event is among that.
export const MISSING = `SELECT e.workspace_id AS "workspaceId", count(*)::int AS count, bool_or(e.position = first.position) AS "isFirst"
  FROM events AS e
  JOIN (SELECT workspace_id, min(position) AS position FROM events GROUP BY workspace_id) AS first USING (workspace_id)
  WHERE e.position <= $1 AND NOT EXISTS (SELECT FROM events_rebuilt AS r WHERE r.workspace_id = e.workspace_id AND r.event_id = e.event_id)
  GROUP BY e.workspace_id ORDER BY e.workspace_id`;

// Users whose events have another order than in the log, among the events that both have, or than the core's own numbers say.
export const DISORDERED = `SELECT workspace_id AS "workspaceId", user_id AS "userId" FROM (
    SELECT r.workspace_id, r.user_id,
      row_number() OVER (PARTITION BY r.workspace_id, r.user_id ORDER BY r.position) <> row_number() OVER (PARTITION BY r.workspace_id, r.user_id ORDER BY e.position) AS is_moved
    FROM events_rebuilt AS r JOIN events AS e ON e.workspace_id = r.workspace_id AND e.event_id = r.event_id
    UNION ALL
    SELECT workspace_id, user_id, sequence < lag(sequence) OVER (PARTITION BY workspace_id, user_id ORDER BY position) FROM events_rebuilt WHERE sequence IS NOT NULL
  ) AS compared WHERE is_moved GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 20`;

export const COUNTS = `SELECT (SELECT count(*) FROM events WHERE position <= $1)::int AS log, (SELECT count(*) FROM events_rebuilt)::int AS rebuilt`;

// What was recorded while all this was done, in its order. The writers stand still meanwhile.
export const CATCH_UP = `INSERT INTO events_rebuilt (workspace_id, event_id, event, user_id, entity_id, occurred_at, body, sequence, recorded_at)
  SELECT workspace_id, event_id, event, user_id, entity_id, occurred_at, body, sequence, recorded_at FROM events AS e WHERE position > $1 ORDER BY position
  ON CONFLICT (workspace_id, event_id) DO NOTHING`;

// LIKE gives indexes names of its own; later migrations go by the old ones. Two are the same when they cover the same in the same way.
const RENAME_INDEXES = `DO $$ DECLARE pair record; BEGIN
  FOR pair IN SELECT made.indexname AS made, old.indexname AS old FROM pg_indexes AS made JOIN pg_indexes AS old
      ON substring(made.indexdef FROM ' USING .*') = substring(old.indexdef FROM ' USING .*')
    WHERE made.schemaname = current_schema() AND old.schemaname = current_schema() AND made.tablename = 'events_rebuilt' AND old.tablename = 'events' LOOP
    EXECUTE format('ALTER INDEX %I RENAME TO %I', pair.old, 'replaced_' || pair.old);
    EXECUTE format('ALTER INDEX %I RENAME TO %I', pair.made, pair.old);
  END LOOP; END $$`;

export const SWAP = [
  RENAME_INDEXES,
  'ALTER SEQUENCE events_position_seq OWNED BY events_rebuilt.position',
  'DROP TABLE events, events_staged',
  'ALTER TABLE events_rebuilt RENAME TO events',
  'UPDATE log_epoch SET epoch = gen_random_uuid(), dropped_to = 0',
];
