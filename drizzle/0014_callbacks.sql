CREATE TABLE "callbacks" (
	"no" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "callbacks_no_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"carrier_id" uuid NOT NULL,
	"callback" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"claimed_by" uuid,
	"claimed_until" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "opt_outs" DROP CONSTRAINT "opt_outs_scope";--> statement-breakpoint
ALTER TABLE "inbound" ADD COLUMN "source_id" text;--> statement-breakpoint
CREATE INDEX "callbacks_carrier" ON "callbacks" USING btree ("carrier_id","no");--> statement-breakpoint
CREATE UNIQUE INDEX "inbound_source" ON "inbound" USING btree ("carrier_id","source_id") WHERE source_id is not null;--> statement-breakpoint
ALTER TABLE "opt_outs" ADD CONSTRAINT "opt_outs_scope" CHECK (scope in ('nonEmergency', 'category', 'all', 'carrier'));