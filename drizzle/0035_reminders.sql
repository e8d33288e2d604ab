ALTER TABLE "alerts" ADD COLUMN "reminder_of" uuid;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "reminder_round" smallint;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "remind_at" timestamp with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_reminders" ON "alerts" USING btree ("reminder_of","reminder_round") WHERE reminder_of is not null;--> statement-breakpoint
CREATE INDEX "alerts_remind" ON "alerts" USING btree ("remind_at") WHERE remind_at is not null;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_reminder_round" CHECK (reminder_of is not null or reminder_round is null);