-- AlterTable
ALTER TABLE "users" ADD COLUMN     "name" TEXT,
ADD COLUMN     "language" TEXT,
ADD COLUMN     "preferred_reminder_hour" INTEGER,
ADD COLUMN     "preferred_channels" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "morning_person" BOOLEAN,
ADD COLUMN     "night_owl" BOOLEAN,
ADD COLUMN     "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "inbox" ADD COLUMN     "workspace_id" TEXT,
ADD COLUMN     "user_id" TEXT;

-- AlterTable
ALTER TABLE "operations" ADD COLUMN     "user_id" TEXT;

-- CreateTable
CREATE TABLE "erasures" (
    "workspace_id" TEXT NOT NULL,
    "operation_id" TEXT NOT NULL,
    "user_digest" TEXT NOT NULL,
    "event_sequence" BIGINT NOT NULL,
    "services_done" TEXT[],
    "erased_at" TIMESTAMPTZ(3) NOT NULL,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "erasures_pkey" PRIMARY KEY ("workspace_id","operation_id")
);

-- CreateTable
CREATE TABLE "audit_log" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "action" TEXT NOT NULL,
    "key_id" TEXT,
    "request_id" TEXT,
    "target_kind" TEXT NOT NULL,
    "target_id" TEXT,
    "user_id" TEXT,
    "user_digest" TEXT,
    "details" JSONB NOT NULL,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "erasures_workspace_id_user_digest_idx" ON "erasures"("workspace_id", "user_digest");

-- CreateIndex
CREATE INDEX "audit_log_workspace_id_user_digest_id_idx" ON "audit_log"("workspace_id", "user_digest", "id");

-- CreateIndex
CREATE INDEX "idempotent_requests_workspace_id_user_id_idx" ON "idempotent_requests"("workspace_id", "user_id");


-- What Prisma's schema cannot say.

-- A user of the same id who comes after an erasure goes on with its numbers: what bears a lower one is the erased user's, however late it
-- arrives. AFTER the insertion, which waits for an erasure that is under way; a look before it would not see that one.
CREATE FUNCTION resume_event_sequence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users AS u SET event_sequence = e.event_sequence
  FROM (SELECT max(event_sequence) AS event_sequence FROM erasures
    WHERE workspace_id = NEW.workspace_id AND user_digest = encode(sha256(convert_to(NEW.workspace_id || ':' || NEW.id, 'UTF8')), 'hex')) AS e
  WHERE u.workspace_id = NEW.workspace_id AND u.id = NEW.id AND e.event_sequence > u.event_sequence;
  RETURN NULL;
END $$;
CREATE TRIGGER users_resume_event_sequence AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION resume_event_sequence();

-- Append-only. Only whom an entry is about can go, when that user is erased.
CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.user_id IS NULL AND (NEW.target_id IS NULL OR NEW.target_id = OLD.target_id)
    AND (NEW.workspace_id, NEW.id, NEW.at, NEW.action, NEW.key_id, NEW.request_id, NEW.target_kind, NEW.user_digest, NEW.details)
      IS NOT DISTINCT FROM (OLD.workspace_id, OLD.id, OLD.at, OLD.action, OLD.key_id, OLD.request_id, OLD.target_kind, OLD.user_digest, OLD.details)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_log is append-only';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION keep_audit_log();
