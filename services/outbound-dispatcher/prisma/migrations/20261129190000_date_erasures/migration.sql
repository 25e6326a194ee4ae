-- AlterTable
ALTER TABLE "erased_users" ADD COLUMN     "erased_at" TIMESTAMPTZ(3);
