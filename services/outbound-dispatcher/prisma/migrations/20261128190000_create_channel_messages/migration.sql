-- CreateTable
CREATE TABLE "channel_messages" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "event" TEXT,
    "status" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "sequence" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "channel_messages_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "channel_queues" (
    "workspace_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "host" TEXT NOT NULL DEFAULT '',
    "connection_id" TEXT,
    "additions" BIGINT NOT NULL DEFAULT 1,
    "lease_owner" TEXT,
    "claimable_at" TIMESTAMPTZ(3) NOT NULL,
    "failing_since" TIMESTAMPTZ(3),
    "refused_until" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "last_delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "channel_queues_pkey" PRIMARY KEY ("workspace_id","user_id","channel")
);

-- CreateIndex
CREATE INDEX "channel_messages_workspace_id_user_id_channel_position_idx" ON "channel_messages"("workspace_id", "user_id", "channel", "position");

-- CreateIndex
CREATE INDEX "channel_messages_created_at_idx" ON "channel_messages" USING BRIN ("created_at");

-- What Prisma's schema cannot say: the few among many.
CREATE INDEX "channel_messages_pending_idx" ON "channel_messages"("workspace_id", "user_id", "channel", "position") WHERE "status" = 'pending';
CREATE INDEX "channel_queues_claimable_idx" ON "channel_queues"("host", "claimable_at") WHERE "claimable_at" < 'infinity';
CREATE INDEX "channel_queues_failing_idx" ON "channel_queues"("failing_since") WHERE "failing_since" IS NOT NULL;
