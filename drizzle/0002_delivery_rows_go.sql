-- A row a recipient gives way to blocks (0003). No release ever kept such rows, so none are carried over.
DROP TABLE "deliveries" CASCADE;--> statement-breakpoint
DROP TABLE "submissions" CASCADE;--> statement-breakpoint
TRUNCATE "ranges", "progress", "tallies";--> statement-breakpoint
-- What was being sent has no recipients any more: it ends, and says why.
UPDATE "alerts" SET "state" = 'stopped', "plan_state" = 'done', "recipients" = 0, "planned" = 0, "finished_at" = now(),
  "alarms" = "alarms" || '[{"code": "integrity_violation", "detail": "its recipients were of an earlier version"}]'::jsonb
WHERE "state" IN ('sending', 'paused');
