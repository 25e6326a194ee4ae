-- CreateTable
CREATE TABLE "idempotent_requests" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "user_id" TEXT,
    "digest" TEXT NOT NULL,
    "sealed_answer" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotent_requests_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "idempotent_requests_created_at_idx" ON "idempotent_requests"("created_at");

-- CreateTable
CREATE TABLE "bulk_operations" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "creator_user_id" TEXT,
    "is_synchronous" BOOLEAN NOT NULL,
    "total" INTEGER,
    "done" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "accepted_at" TIMESTAMPTZ(3) NOT NULL,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "bulk_operations_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "bulk_results" (
    "workspace_id" TEXT NOT NULL,
    "operation_id" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "user_id" TEXT,
    "status" TEXT NOT NULL,
    "activity_id" TEXT,
    "error" JSONB,

    CONSTRAINT "bulk_results_pkey" PRIMARY KEY ("workspace_id","operation_id","index")
);

-- AlterTable
ALTER TABLE "inbox" ADD COLUMN     "digest" TEXT;

-- CreateIndex
CREATE INDEX "bulk_operations_accepted_at_idx" ON "bulk_operations"("accepted_at");

-- CreateIndex
CREATE INDEX "bulk_results_workspace_id_user_id_idx" ON "bulk_results"("workspace_id", "user_id");
