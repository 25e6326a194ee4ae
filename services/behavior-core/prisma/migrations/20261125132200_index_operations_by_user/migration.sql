CREATE INDEX CONCURRENTLY "operations_workspace_id_user_id_idx" ON "operations"("workspace_id", "user_id");
