-- What the table was becomes the first partition, as it is: with the unique index that every partition has, and with one by `recorded_at`, because
-- positions so far say nothing of time.
ALTER TABLE "events" RENAME TO "events_before";
ALTER TABLE "events_before" RENAME CONSTRAINT "events_pkey" TO "events_before_pkey";
ALTER INDEX "events_workspace_id_user_id_position_idx" RENAME TO "events_before_workspace_id_user_id_position_idx";
ALTER INDEX "events_workspace_id_entity_id_position_idx" RENAME TO "events_before_workspace_id_entity_id_position_idx";
ALTER INDEX "events_workspace_id_event_position_idx" RENAME TO "events_before_workspace_id_event_position_idx";
ALTER INDEX "events_workspace_id_recorded_at_position_idx" RENAME TO "events_before_workspace_id_recorded_at_position_idx";
ALTER INDEX "events_workspace_id_event_id_key" RENAME TO "events_before_workspace_id_event_id_key";

CREATE TABLE "events" (LIKE "events_before" INCLUDING DEFAULTS, CONSTRAINT "events_pkey" PRIMARY KEY ("workspace_id","position")) PARTITION BY RANGE ("position");
CREATE INDEX "events_workspace_id_user_id_position_idx" ON "events"("workspace_id", "user_id", "position");
CREATE INDEX "events_workspace_id_entity_id_position_idx" ON "events"("workspace_id", "entity_id", "position");
CREATE INDEX "events_workspace_id_event_position_idx" ON "events"("workspace_id", "event", "position");

ALTER SEQUENCE "events_position_seq" OWNED BY "events"."position";
ALTER TABLE "events_before" ALTER COLUMN "position" DROP DEFAULT;

-- It ends now: until then its newest row was recorded. The next partitions are made by the service.
DO $$ BEGIN
  EXECUTE format('ALTER TABLE "events" ATTACH PARTITION "events_before" FOR VALUES FROM (MINVALUE) TO (%s)', floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint * 2048);
END $$;
ALTER TABLE "events_before" DROP CONSTRAINT "events_are_counted";
