-- AlterTable
ALTER TABLE "log_epoch" ADD COLUMN     "dropped_to" BIGINT NOT NULL DEFAULT 0;
