ALTER TABLE "locations" ADD COLUMN "hours" jsonb;--> statement-breakpoint
ALTER TABLE "locations" ADD COLUMN "open_minutes" "int4multirange";--> statement-breakpoint
ALTER TABLE "locations" ADD CONSTRAINT "locations_hours" CHECK ((hours is null) = (open_minutes is null));--> statement-breakpoint
ALTER TABLE "locations" ADD CONSTRAINT "locations_open_minutes" CHECK (not isempty(open_minutes) and open_minutes <@ int4range(0, 10080));