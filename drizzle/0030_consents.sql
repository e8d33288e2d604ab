CREATE TABLE "consents" (
	"id" uuid PRIMARY KEY NOT NULL,
	"phone" text NOT NULL,
	"act" text NOT NULL,
	"scope" text NOT NULL,
	"category" text DEFAULT '' NOT NULL,
	"source" text NOT NULL,
	"number" text,
	"words" text,
	"carrier_id" uuid,
	"alert_id" uuid,
	"operator_id" uuid,
	"reason" text,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "consents_act" CHECK (act in ('optOut', 'optIn')),
	CONSTRAINT "consents_scope" CHECK (scope in ('nonEmergency', 'category', 'all', 'carrier')),
	CONSTRAINT "consents_source" CHECK (source in ('reply', 'carrier', 'operator', 'unknown'))
);
--> statement-breakpoint
ALTER TABLE "inbound" ADD COLUMN "urgent" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "inbound" ADD COLUMN "review" text;--> statement-breakpoint
ALTER TABLE "inbound" ADD COLUMN "automatic" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "consents_phone" ON "consents" USING btree ("phone","id");--> statement-breakpoint
CREATE INDEX "inbound_urgent" ON "inbound" USING btree ("alert_id","received_at") WHERE urgent;--> statement-breakpoint
CREATE INDEX "inbound_review" ON "inbound" USING btree ("received_at") WHERE review is not null;--> statement-breakpoint
ALTER TABLE "inbound" ADD CONSTRAINT "inbound_review_of" CHECK (review in ('optOut'));--> statement-breakpoint
-- Of opt-outs from before, that they were set and when is all that is known.
INSERT INTO "consents" (id, phone, act, scope, category, source, carrier_id, at)
SELECT gen_random_uuid(), phone, 'optOut', scope, category,
  CASE WHEN source IN ('reply', 'carrier') THEN source ELSE 'unknown' END,
  CASE WHEN scope = 'carrier' THEN category::uuid END, at
FROM opt_outs;
