-- What a replay can take: small beside what was delivered.
CREATE INDEX CONCURRENTLY "deliveries_to_replay_idx" ON "deliveries"("endpoint_id", "created_at", "id") WHERE "status" IN ('failed', 'skipped');
