-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN     "sequence" BIGINT;

-- CreateTable
CREATE TABLE "erased_users" (
    "workspace_id" TEXT NOT NULL,
    "user_digest" TEXT NOT NULL,
    "event_sequence" BIGINT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "erased_users_pkey" PRIMARY KEY ("workspace_id","user_digest")
);
