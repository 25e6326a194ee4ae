-- What a replay has put back, and how far that is.
CREATE INDEX CONCURRENTLY "deliveries_of_replay_idx" ON "deliveries"("replay_id", "status") WHERE "replay_id" IS NOT NULL;
