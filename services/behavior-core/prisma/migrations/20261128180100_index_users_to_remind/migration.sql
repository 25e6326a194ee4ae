-- What the reminders are found by, the longest due first.
CREATE INDEX CONCURRENTLY "users_remind_at_idx" ON "users"("remind_at") WHERE "remind_at" IS NOT NULL;
