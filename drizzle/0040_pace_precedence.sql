ALTER TABLE "carrier_pace" ADD COLUMN "precedence" smallint;--> statement-breakpoint
ALTER TABLE "carrier_pace" ADD COLUMN "precedence_until" timestamp with time zone;