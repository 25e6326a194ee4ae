-- DropIndex
DROP INDEX "operations_workspace_id_user_id_idx";

-- CreateIndex
CREATE INDEX "operations_user_id_workspace_id_idx" ON "operations"("user_id", "workspace_id");
