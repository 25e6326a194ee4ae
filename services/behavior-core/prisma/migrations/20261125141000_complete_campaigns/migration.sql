-- AlterTable
ALTER TABLE "awards" ADD COLUMN     "reason" TEXT;

-- AlterTable
ALTER TABLE "campaign_tasks" ADD COLUMN     "deleted_at" TIMESTAMPTZ(3);
