CREATE TABLE "all_stops" (
	"place" text PRIMARY KEY NOT NULL,
	"count" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
INSERT INTO "all_stops" ("place") VALUES ('live'), ('exercise');
