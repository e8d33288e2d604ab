ALTER TABLE "carrier_links" ADD COLUMN "health" real DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "carrier_links" ADD COLUMN "trouble" real DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "carrier_links" ADD CONSTRAINT "carrier_links_health" CHECK (health between 0 and 1 and trouble between 0 and 1);