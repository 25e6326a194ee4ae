-- What the sweeper reads, oldest first.
CREATE INDEX CONCURRENTLY "users_sweep_at_idx" ON "users"("sweep_at") WHERE "sweep_at" IS NOT NULL;
