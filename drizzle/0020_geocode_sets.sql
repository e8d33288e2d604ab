CREATE TABLE "geocode_sets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"value_name" text NOT NULL,
	"version" text NOT NULL,
	"description" text,
	"codes" integer NOT NULL,
	"corners" integer NOT NULL,
	"is_current" boolean NOT NULL,
	"loaded_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "geocode_shapes" (
	"set_id" uuid NOT NULL,
	"code" text NOT NULL,
	"part" integer NOT NULL,
	"name" text NOT NULL,
	"shape" json NOT NULL,
	CONSTRAINT "geocode_shapes_set_id_code_part_pk" PRIMARY KEY("set_id","code","part")
);
--> statement-breakpoint
ALTER TABLE "geocode_shapes" ADD CONSTRAINT "geocode_shapes_set_id_geocode_sets_id_fk" FOREIGN KEY ("set_id") REFERENCES "public"."geocode_sets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "geocode_sets_version" ON "geocode_sets" USING btree ("value_name","version");--> statement-breakpoint
CREATE UNIQUE INDEX "geocode_sets_current" ON "geocode_sets" USING btree ("value_name") WHERE is_current;