-- CreateTable
CREATE TABLE "campaigns" (
    "workspace_id" TEXT NOT NULL,
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "inapp_webhooks_enabled" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "campaigns_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "campaign_tasks" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "campaign_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "verification" TEXT NOT NULL,
    "points" INTEGER NOT NULL,
    "recurrence" TEXT NOT NULL,
    "max_awards" INTEGER,
    "awards_used" INTEGER NOT NULL DEFAULT 0,
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "campaign_tasks_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "campaign_mappings" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "campaign_id" INTEGER NOT NULL,
    "event_type" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "active" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "campaign_mappings_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "inapp_keys" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "campaign_id" INTEGER NOT NULL,
    "label" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "rate_limit_per_minute" INTEGER NOT NULL,
    "sealed_secret" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "inapp_keys_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "inapp_events" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "campaign_id" INTEGER NOT NULL,
    "key_id" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "event_type" TEXT NOT NULL,
    "wallet" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "processed_at" TIMESTAMPTZ(3) NOT NULL,
    "processing_status" TEXT NOT NULL,
    "reason" TEXT,
    "conflict" BOOLEAN NOT NULL DEFAULT false,
    "digest" TEXT NOT NULL,
    "award_ids" TEXT[],
    "body" TEXT NOT NULL,

    CONSTRAINT "inapp_events_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "awards" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "campaign_id" INTEGER NOT NULL,
    "task_id" TEXT NOT NULL,
    "wallet" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "inapp_event_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "points" INTEGER NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "awarded_at" TIMESTAMPTZ(3) NOT NULL,
    "revokes" TEXT,

    CONSTRAINT "awards_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "campaign_wallets" (
    "campaign_id" INTEGER NOT NULL,
    "wallet" TEXT NOT NULL,
    "points" BIGINT NOT NULL DEFAULT 0,
    "awards" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "campaign_wallets_pkey" PRIMARY KEY ("campaign_id","wallet")
);

-- CreateIndex
CREATE UNIQUE INDEX "campaigns_id_key" ON "campaigns"("id");

-- CreateIndex
CREATE INDEX "campaign_tasks_workspace_id_campaign_id_id_idx" ON "campaign_tasks"("workspace_id", "campaign_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "campaign_mappings_campaign_id_event_type_task_id_key" ON "campaign_mappings"("campaign_id", "event_type", "task_id");

-- CreateIndex
CREATE UNIQUE INDEX "inapp_keys_id_key" ON "inapp_keys"("id");

-- CreateIndex
CREATE INDEX "inapp_keys_workspace_id_campaign_id_id_idx" ON "inapp_keys"("workspace_id", "campaign_id", "id");

-- CreateIndex
CREATE INDEX "inapp_events_campaign_id_received_at_id_idx" ON "inapp_events"("campaign_id", "received_at", "id");

-- CreateIndex
CREATE INDEX "inapp_events_campaign_id_wallet_received_at_id_idx" ON "inapp_events"("campaign_id", "wallet", "received_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "inapp_events_key_id_environment_event_id_key" ON "inapp_events"("key_id", "environment", "event_id");

-- CreateIndex
CREATE INDEX "awards_campaign_id_environment_awarded_at_id_idx" ON "awards"("campaign_id", "environment", "awarded_at", "id");

-- CreateIndex
CREATE INDEX "awards_campaign_id_environment_wallet_awarded_at_id_idx" ON "awards"("campaign_id", "environment", "wallet", "awarded_at", "id");

-- AddForeignKey
ALTER TABLE "campaign_tasks" ADD CONSTRAINT "campaign_tasks_workspace_id_campaign_id_fkey" FOREIGN KEY ("workspace_id", "campaign_id") REFERENCES "campaigns"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "campaign_mappings" ADD CONSTRAINT "campaign_mappings_workspace_id_campaign_id_fkey" FOREIGN KEY ("workspace_id", "campaign_id") REFERENCES "campaigns"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "campaign_mappings" ADD CONSTRAINT "campaign_mappings_workspace_id_task_id_fkey" FOREIGN KEY ("workspace_id", "task_id") REFERENCES "campaign_tasks"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inapp_keys" ADD CONSTRAINT "inapp_keys_workspace_id_campaign_id_fkey" FOREIGN KEY ("workspace_id", "campaign_id") REFERENCES "campaigns"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;



-- What Prisma's schema cannot say. A revocation is an entry without a period of its own, so it is outside the first rule.
CREATE UNIQUE INDEX "awards_period_key" ON "awards"("workspace_id", "task_id", "wallet", "environment", "period") WHERE "revokes" IS NULL;
CREATE UNIQUE INDEX "awards_revokes_key" ON "awards"("workspace_id", "revokes") WHERE "revokes" IS NOT NULL;

-- The leaderboard in its order: a page of it is a range of this index.
CREATE INDEX "campaign_wallets_leaderboard_idx" ON "campaign_wallets"("campaign_id", "points" DESC, "wallet") WHERE "awards" > 0;
