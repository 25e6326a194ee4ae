-- CreateTable
CREATE TABLE "portal_sessions" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "user_id" TEXT,
    "made_by" TEXT,
    "code_sha256" TEXT NOT NULL,
    "token_sha256" TEXT,
    "token_prefix" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "portal_sessions_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "portal_sessions_code_sha256_key" ON "portal_sessions"("code_sha256");

-- CreateIndex
CREATE UNIQUE INDEX "portal_sessions_token_sha256_key" ON "portal_sessions"("token_sha256");

-- CreateIndex
CREATE INDEX "portal_sessions_workspace_id_user_id_idx" ON "portal_sessions"("workspace_id", "user_id");

-- CreateIndex
CREATE INDEX "portal_sessions_expires_at_idx" ON "portal_sessions"("expires_at");
