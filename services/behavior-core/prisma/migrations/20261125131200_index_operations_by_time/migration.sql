-- As for the inbox.
CREATE INDEX CONCURRENTLY "operations_accepted_at_idx" ON "operations" USING BRIN ("accepted_at");
