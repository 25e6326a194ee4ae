-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN     "replay_id" TEXT;

-- CreateTable
CREATE TABLE "replays" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "endpoint_id" TEXT COLLATE "C" NOT NULL,
    "statuses" TEXT[],
    "until" TIMESTAMPTZ(3) NOT NULL,
    "after_created_at" TIMESTAMPTZ(3) NOT NULL,
    "after_id" TEXT COLLATE "C" NOT NULL DEFAULT '',
    "total" INTEGER NOT NULL,
    "put_back" INTEGER NOT NULL DEFAULT 0,
    "is_put_back" BOOLEAN NOT NULL DEFAULT false,
    "failed" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "replays_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "replays_completed_at_idx" ON "replays"("completed_at");
