-- The open occurrences of an activity: few among many.
CREATE INDEX CONCURRENTLY "occurrences_open_idx" ON "occurrences"("workspace_id", "activity_id") WHERE "state" IN ('pending', 'snoozed');
