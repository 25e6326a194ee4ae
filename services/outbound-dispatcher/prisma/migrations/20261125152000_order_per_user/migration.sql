-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN     "turn" BIGINT;

-- Drawn behind the lock on endpoint and user, so turns follow the order of the commits.
CREATE SEQUENCE "delivery_turns";

-- Unfinished rows of ordered endpoints only: who is first, and does anybody wait behind it.
CREATE INDEX "deliveries_turns_idx" ON "deliveries"("endpoint_id", "user_id", "turn") WHERE "turn" IS NOT NULL AND "status" IN ('pending', 'retrying');
