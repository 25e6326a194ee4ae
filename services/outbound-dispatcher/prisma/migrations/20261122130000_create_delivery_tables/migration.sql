-- CreateTable
CREATE TABLE "endpoints" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "user_id" TEXT,
    "url" TEXT NOT NULL,
    "event_types" TEXT[],
    "description" TEXT,
    "sealed_secret" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'enabled',
    "disabled_reason" TEXT,
    "change" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "endpoints_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "endpoint_changes" (
    "id" INTEGER NOT NULL,
    "counter" BIGINT NOT NULL,

    CONSTRAINT "endpoint_changes_pkey" PRIMARY KEY ("id")
);

INSERT INTO "endpoint_changes" VALUES (1, 0);

-- CreateTable
CREATE TABLE "events" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "event" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "events_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT COLLATE "C" NOT NULL,
    "endpoint_id" TEXT COLLATE "C" NOT NULL,
    "event_id" TEXT COLLATE "C" NOT NULL,
    "event" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT,
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "attempts" JSONB NOT NULL DEFAULT '[]',
    "next_attempt_at" TIMESTAMPTZ(3),
    "lease_owner" TEXT,
    "claimable_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "endpoints_change_idx" ON "endpoints"("change");

-- CreateIndex
CREATE INDEX "deliveries_workspace_id_created_at_id_idx" ON "deliveries"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "deliveries_workspace_id_endpoint_id_created_at_id_idx" ON "deliveries"("workspace_id", "endpoint_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "deliveries_workspace_id_user_id_created_at_id_idx" ON "deliveries"("workspace_id", "user_id", "created_at", "id");

-- Unfinished rows only, so it stays small; the endpoint comes first because claims take turns between endpoints.
CREATE INDEX "deliveries_unfinished_idx" ON "deliveries"("endpoint_id", "claimable_at") WHERE "status" IN ('pending', 'retrying');
