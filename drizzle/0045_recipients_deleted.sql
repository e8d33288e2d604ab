CREATE TABLE "kept_outcomes" (
	"alert_id" uuid PRIMARY KEY NOT NULL,
	"outcomes" jsonb NOT NULL,
	"is_deleting" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "recipients_deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "kept_outcomes" ADD CONSTRAINT "kept_outcomes_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "kept_outcomes_deleting" ON "kept_outcomes" USING btree ("alert_id") WHERE is_deleting;--> statement-breakpoint
CREATE INDEX "alerts_over" ON "alerts" USING btree (greatest(coalesce(finished_at, updated_at), expires)) WHERE state in ('sent', 'stopped', 'expired') and recipients_deleted_at is null;--> statement-breakpoint
CREATE INDEX "submissions_alert" ON "submissions" USING btree ("alert_id");