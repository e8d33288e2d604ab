CREATE TABLE "escalations" (
	"alert_id" uuid NOT NULL,
	"rule_no" smallint NOT NULL,
	"terms" jsonb NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"is_closed" boolean DEFAULT false NOT NULL,
	"escalation_id" uuid,
	"escalated_at" timestamp with time zone,
	"taken_at" timestamp with time zone,
	CONSTRAINT "escalations_alert_id_rule_no_pk" PRIMARY KEY("alert_id","rule_no"),
	CONSTRAINT "escalations_told" CHECK ((escalation_id is null) = (escalated_at is null)),
	CONSTRAINT "escalations_taken" CHECK (taken_at is null or escalation_id is not null)
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"alert_id" uuid NOT NULL,
	"option" text NOT NULL,
	"quota" integer NOT NULL,
	"taken" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "quotas_alert_id_option_pk" PRIMARY KEY("alert_id","option"),
	CONSTRAINT "quotas_kept" CHECK (taken between 0 and quota)
);
--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "escalation_of" uuid;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "escalation_rule" smallint;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "link_no" integer NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "alerts_link_no_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "inbound" ADD COLUMN "web" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "escalations" ADD CONSTRAINT "escalations_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "escalations_due" ON "escalations" USING btree ("due_at") WHERE not is_closed and escalation_id is null;--> statement-breakpoint
CREATE INDEX "escalations_untaken" ON "escalations" USING btree ("alert_id") WHERE escalation_id is not null and taken_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_link_no" ON "alerts" USING btree ("link_no");--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_escalations" ON "alerts" USING btree ("escalation_of","escalation_rule") WHERE escalation_of is not null;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_escalation_rule" CHECK ((escalation_of is null) = (escalation_rule is null));