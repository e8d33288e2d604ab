CREATE TABLE "imported_messages" (
	"sender" text NOT NULL,
	"identifier" text NOT NULL,
	"sent" timestamp with time zone NOT NULL,
	"digest" text NOT NULL,
	"alert_id" uuid,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "imported_messages_sender_identifier_sent_digest_pk" PRIMARY KEY("sender","identifier","sent","digest")
);
--> statement-breakpoint
ALTER TABLE "imported_messages" ADD CONSTRAINT "imported_messages_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "imported_messages_alert" ON "imported_messages" USING btree ("alert_id");--> statement-breakpoint
CREATE INDEX "alerts_real" ON "alerts" USING btree ("expires") WHERE status = 'Actual' and dispatched_at is not null;--> statement-breakpoint
CREATE INDEX "alerts_corrections" ON "alerts" USING btree ("dispatched_at") WHERE status = 'Actual' and msg_type <> 'Alert' and dispatched_at is not null;