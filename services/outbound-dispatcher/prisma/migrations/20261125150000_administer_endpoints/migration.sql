-- AlterTable
ALTER TABLE "endpoints" ADD COLUMN     "max_in_flight" INTEGER NOT NULL DEFAULT 8,
ADD COLUMN     "ordering" TEXT NOT NULL DEFAULT 'none',
ADD COLUMN     "previous_sealed_secret" TEXT,
ADD COLUMN     "previous_secret_until" TIMESTAMPTZ(3),
ADD COLUMN     "sealed_headers" TEXT;

-- CreateIndex
CREATE INDEX "endpoints_id_idx" ON "endpoints"("id");
