-- Positions were a plain count and become times (ADR 22), which begin far above. Said here and checked in the next migration, so that making the
-- table a partition need not read it while nobody else may.
ALTER TABLE "events" ADD CONSTRAINT "events_are_counted" CHECK ("position" < 2251799813685248) NOT VALID;
