-- AlterTable
ALTER TABLE "endpoints" ADD COLUMN     "paused_until" TIMESTAMPTZ(3),
ADD COLUMN     "pauses" INTEGER NOT NULL DEFAULT 0;
