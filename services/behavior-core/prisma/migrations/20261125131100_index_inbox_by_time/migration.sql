-- The oldest rows lie together: a few pages instead of an entry per row.
CREATE INDEX CONCURRENTLY "inbox_decided_at_idx" ON "inbox" USING BRIN ("decided_at");
