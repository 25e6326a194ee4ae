-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "events" (
    "workspace_id" TEXT NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "event_id" TEXT NOT NULL,
    "event" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "entity_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "body" TEXT NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("workspace_id","position")
);

-- CreateTable
CREATE TABLE "log_epoch" (
    "epoch" UUID NOT NULL DEFAULT gen_random_uuid(),

    CONSTRAINT "log_epoch_pkey" PRIMARY KEY ("epoch")
);

-- CreateIndex
CREATE INDEX "events_workspace_id_user_id_position_idx" ON "events"("workspace_id", "user_id", "position");

-- CreateIndex
CREATE INDEX "events_workspace_id_entity_id_position_idx" ON "events"("workspace_id", "entity_id", "position");

-- CreateIndex
CREATE INDEX "events_workspace_id_event_position_idx" ON "events"("workspace_id", "event", "position");

-- CreateIndex
CREATE INDEX "events_workspace_id_recorded_at_position_idx" ON "events"("workspace_id", "recorded_at", "position");

-- CreateIndex
CREATE UNIQUE INDEX "events_workspace_id_event_id_key" ON "events"("workspace_id", "event_id");

-- The one row of this log.
INSERT INTO "log_epoch" DEFAULT VALUES;
