ALTER TABLE "carrier_pace" ADD COLUMN "taken" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "carrier_pace" ADD COLUMN "episode" integer DEFAULT 0 NOT NULL;