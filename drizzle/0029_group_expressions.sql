ALTER TABLE "groups" DROP CONSTRAINT "groups_kind";--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "expression" jsonb;--> statement-breakpoint
ALTER TABLE "groups" ADD CONSTRAINT "groups_kind" CHECK (num_nonnulls(area, rule, expression) <= 1);