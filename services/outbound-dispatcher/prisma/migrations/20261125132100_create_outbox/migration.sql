-- CreateTable
CREATE TABLE "outbox" (
    "shard" INTEGER NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "topic" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "headers" JSONB NOT NULL,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("shard","position")
);

-- CreateTable
CREATE TABLE "outbox_leases" (
    "shard" INTEGER NOT NULL,
    "holder" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outbox_leases_pkey" PRIMARY KEY ("shard")
);

-- CreateTable
CREATE TABLE "outbox_relays" (
    "id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outbox_relays_pkey" PRIMARY KEY ("id")
);


-- The shards of packages/outbox, and a table that is nearly always empty but churns: without this its index fills with dead entries.
INSERT INTO "outbox_leases" ("shard", "expires_at") SELECT generate_series(0, 11), '-infinity';
ALTER TABLE "outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1);
