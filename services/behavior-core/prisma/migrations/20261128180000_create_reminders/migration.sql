-- AlterTable: additive, so that instances of the version before go on while this one starts.
ALTER TABLE "users"
    ADD COLUMN "remind_at" TIMESTAMPTZ(3),
    ADD COLUMN "reminded_on" DATE,
    ADD COLUMN "reminded_count" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "channels" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "reminders" (
    "workspace_id" TEXT NOT NULL,
    "activity_id" TEXT NOT NULL,
    "local_date" DATE NOT NULL,
    "slot" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "channel" TEXT,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reminders_pkey" PRIMARY KEY ("workspace_id","activity_id","local_date","slot")
);

-- CreateTable
CREATE TABLE "channel_connections" (
    "workspace_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "sealed_credentials" TEXT NOT NULL,
    "failing_since" TIMESTAMPTZ(3),
    "state_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "channel_connections_pkey" PRIMARY KEY ("workspace_id","user_id","channel")
);

-- CreateIndex
CREATE INDEX "reminders_decided_at_idx" ON "reminders" USING BRIN ("decided_at");

-- Whoever has activities already is looked at once; what was due before is not made up for.
UPDATE "users" SET "remind_at" = CURRENT_TIMESTAMP WHERE EXISTS (SELECT FROM "activities" a WHERE a."workspace_id" = "users"."workspace_id" AND a."user_id" = "users"."id");
