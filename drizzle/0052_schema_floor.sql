CREATE TABLE "schema_floor" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"migrations" integer NOT NULL,
	CONSTRAINT "schema_floor_is_one" CHECK (id = 1)
);--> statement-breakpoint
INSERT INTO "schema_floor" ("migrations") VALUES (53);
