CREATE TABLE "area_outcomes" (
	"alert_id" uuid NOT NULL,
	"area_no" smallint NOT NULL,
	"area_desc" text,
	"recipients" integer NOT NULL,
	"delivered" integer NOT NULL,
	"unconfirmed" integer NOT NULL,
	"failed" integer NOT NULL,
	"unknown" integer NOT NULL,
	"expired" integer NOT NULL,
	"cancelled" integer NOT NULL,
	"replied" integer NOT NULL,
	"opted_out" integer NOT NULL,
	CONSTRAINT "area_outcomes_alert_id_area_no_pk" PRIMARY KEY("alert_id","area_no")
);
--> statement-breakpoint
CREATE TABLE "counted_alerts" (
	"alert_id" uuid PRIMARY KEY NOT NULL,
	"counted_at" timestamp with time zone NOT NULL,
	"figures" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "failed_deliveries" (
	"contact_id" uuid NOT NULL,
	"alert_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"reason" text,
	CONSTRAINT "failed_deliveries_contact_id_alert_id_pk" PRIMARY KEY("contact_id","alert_id")
);
--> statement-breakpoint
CREATE TABLE "unreached_contacts" (
	"contact_id" uuid PRIMARY KEY NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"reached_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "area_outcomes" ADD CONSTRAINT "area_outcomes_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "counted_alerts" ADD CONSTRAINT "counted_alerts_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "failed_deliveries" ADD CONSTRAINT "failed_deliveries_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "failed_deliveries" ADD CONSTRAINT "failed_deliveries_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unreached_contacts" ADD CONSTRAINT "unreached_contacts_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "failed_deliveries_at" ON "failed_deliveries" USING btree ("at");--> statement-breakpoint
CREATE INDEX "failed_deliveries_alert" ON "failed_deliveries" USING btree ("alert_id");--> statement-breakpoint
CREATE INDEX "unreached_contacts_failures" ON "unreached_contacts" USING btree ("failures" DESC NULLS LAST,"contact_id");