-- CreateTable
CREATE TABLE "endpoint_hours" (
    "workspace_id" TEXT NOT NULL,
    "endpoint_id" TEXT COLLATE "C" NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "delivered" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "durations" INTEGER[],

    CONSTRAINT "endpoint_hours_pkey" PRIMARY KEY ("workspace_id","endpoint_id","hour")
);

-- CreateIndex
CREATE INDEX "endpoint_hours_hour_idx" ON "endpoint_hours"("hour");
