-- A row holds all that one transaction has for one shard. Rows of the release before, and those that its instances still write during an upgrade,
-- have the old columns; its relays cannot publish the new rows, and leave them to the new instances.
ALTER TABLE "outbox" ADD COLUMN "records" TEXT;
ALTER TABLE "outbox"
    ALTER COLUMN "topic" DROP NOT NULL,
    ALTER COLUMN "key" DROP NOT NULL,
    ALTER COLUMN "value" DROP NOT NULL,
    ALTER COLUMN "headers" DROP NOT NULL;

-- Plain text up to a page: compressing it, or laying it out of line, would cost more than it spares.
ALTER TABLE "outbox" SET (toast_tuple_target = 8160);
