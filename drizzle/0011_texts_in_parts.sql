CREATE TABLE "texts_in_parts" (
	"carrier_id" uuid NOT NULL,
	"phone" text NOT NULL,
	"to" text NOT NULL,
	"key" text NOT NULL,
	"total" smallint NOT NULL,
	"parts" jsonb NOT NULL,
	"joined" boolean DEFAULT false NOT NULL,
	"since" timestamp with time zone NOT NULL,
	CONSTRAINT "texts_in_parts_carrier_id_phone_to_key_total_pk" PRIMARY KEY("carrier_id","phone","to","key","total")
);
--> statement-breakpoint
CREATE INDEX "texts_in_parts_since" ON "texts_in_parts" USING btree ("carrier_id","since");