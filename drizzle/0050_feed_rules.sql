CREATE TABLE "feed_messages" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "feed_messages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"feed_id" uuid NOT NULL,
	"sender" text NOT NULL,
	"identifier" text NOT NULL,
	"sent" timestamp with time zone NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"xml" "bytea" NOT NULL,
	"alert_id" uuid,
	"became" text NOT NULL,
	"reasons" jsonb NOT NULL,
	CONSTRAINT "feed_messages_became" CHECK (became in ('draft', 'submitted'))
);
--> statement-breakpoint
CREATE TABLE "feed_rules" (
	"feed_id" uuid PRIMARY KEY NOT NULL,
	"terms" jsonb NOT NULL,
	"operator_id" uuid NOT NULL,
	"sealed_keys" "bytea" NOT NULL,
	"written_by" uuid NOT NULL,
	"written_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "operators" ADD COLUMN "feed_id" uuid;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "by_rule_of" uuid;--> statement-breakpoint
ALTER TABLE "cap_feeds" ADD COLUMN "certificates_by" uuid;--> statement-breakpoint
-- Who pinned what is pinned already: the trail knows.
update cap_feeds set certificates_by = (
	select operator_id from audit
	where subject = cap_feeds.id::text
		and (action = 'feed.created' or (action = 'feed.changed' and detail->'fields' ? 'certificates'))
	order by seq desc limit 1);--> statement-breakpoint
ALTER TABLE "feed_messages" ADD CONSTRAINT "feed_messages_feed_id_cap_feeds_id_fk" FOREIGN KEY ("feed_id") REFERENCES "public"."cap_feeds"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_messages" ADD CONSTRAINT "feed_messages_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_rules" ADD CONSTRAINT "feed_rules_feed_id_cap_feeds_id_fk" FOREIGN KEY ("feed_id") REFERENCES "public"."cap_feeds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_rules" ADD CONSTRAINT "feed_rules_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_rules" ADD CONSTRAINT "feed_rules_written_by_operators_id_fk" FOREIGN KEY ("written_by") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "feed_messages_feed" ON "feed_messages" USING btree ("feed_id","id");--> statement-breakpoint
CREATE INDEX "feed_messages_alert" ON "feed_messages" USING btree ("alert_id");--> statement-breakpoint
ALTER TABLE "cap_feeds" ADD CONSTRAINT "cap_feeds_certificates_by_operators_id_fk" FOREIGN KEY ("certificates_by") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alerts_by_rule" ON "alerts" USING btree ("by_rule_of") WHERE by_rule_of is not null;--> statement-breakpoint
ALTER TABLE "operators" ADD CONSTRAINT "operators_feed_id_unique" UNIQUE("feed_id");--> statement-breakpoint
ALTER TABLE "operators" ADD CONSTRAINT "operators_feed" CHECK (feed_id is null or (password_hash is null and roles = array['author']));