CREATE INDEX CONCURRENTLY "inbox_workspace_id_user_id_idx" ON "inbox"("workspace_id", "user_id");
