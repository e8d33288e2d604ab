ALTER TABLE "groups" ADD COLUMN "rule" jsonb;--> statement-breakpoint
ALTER TABLE "groups" ADD CONSTRAINT "groups_kind" CHECK (num_nonnulls(area, rule) <= 1);