-- AlterTable: additive, so that instances of the version before go on while this one starts.
ALTER TABLE "activities"
    ADD COLUMN "created_on" DATE,
    ADD COLUMN "settled_until" DATE,
    ADD COLUMN "recurrence" TEXT,
    ADD COLUMN "window_start" TEXT,
    ADD COLUMN "window_end" TEXT,
    ADD COLUMN "due_at" TIMESTAMPTZ(3),
    ADD COLUMN "priority" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "reminders_enabled" BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN "reminders_follow_up" BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN "steps" JSONB NOT NULL DEFAULT '[]';

-- AlterTable
ALTER TABLE "occurrences"
    ADD COLUMN "scheduled" BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN "snoozed_until" TIMESTAMPTZ(3),
    ADD COLUMN "was_missed" BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN "run" TEXT,
    ADD COLUMN "steps" JSONB;

-- AlterTable
ALTER TABLE "users" ADD COLUMN "sweep_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "activity_templates" (
    "workspace_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "activities" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "activity_templates_pkey" PRIMARY KEY ("workspace_id","name")
);

-- CreateTable
CREATE TABLE "applied_templates" (
    "workspace_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "applied_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "applied_templates_pkey" PRIMARY KEY ("workspace_id","user_id","name")
);

-- AddForeignKey
ALTER TABLE "applied_templates" ADD CONSTRAINT "applied_templates_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "users"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Until now an activity started on the day of its creation, and nothing was ever missed: misses begin today.
UPDATE "activities" SET "created_on" = "starts_on", "settled_until" = CURRENT_DATE;
UPDATE "users" SET "sweep_at" = CURRENT_TIMESTAMP WHERE EXISTS (SELECT FROM "activities" a WHERE a."workspace_id" = "users"."workspace_id" AND a."user_id" = "users"."id");

-- A task's only occurrence is kept under one fixed day, so that its `starts_on` may change.
UPDATE "occurrences" o SET "local_date" = '1970-01-01' FROM "activities" a
    WHERE a."workspace_id" = o."workspace_id" AND a."id" = o."activity_id" AND a."type" = 'task';
