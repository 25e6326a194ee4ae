ALTER TABLE "events" VALIDATE CONSTRAINT "events_are_counted";
