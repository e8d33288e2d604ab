CREATE TABLE "blocks" (
	"alert_id" uuid NOT NULL,
	"block_no" integer NOT NULL,
	"size" smallint NOT NULL,
	"text_no" smallint NOT NULL,
	"segments" smallint NOT NULL,
	"planned_at" timestamp with time zone DEFAULT now() NOT NULL,
	"phones" "bytea" NOT NULL,
	"first_phone" bigint NOT NULL,
	"last_phone" bigint NOT NULL,
	"contact_ids" "bytea" NOT NULL,
	"area_nos" "bytea" NOT NULL,
	"group_sets" "bytea",
	"group_lists" jsonb,
	"records" "bytea" NOT NULL,
	"extras" "bytea" NOT NULL,
	"parts" "bytea",
	"older_parts" jsonb,
	"carriers" uuid[] DEFAULT '{}' NOT NULL,
	"reasons" text[] DEFAULT '{}' NOT NULL,
	"replies" text[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "blocks_alert_id_block_no_pk" PRIMARY KEY("alert_id","block_no"),
	CONSTRAINT "blocks_size" CHECK (size between 1 and 600)
);
--> statement-breakpoint
CREATE TABLE "submissions" (
	"carrier_id" uuid NOT NULL,
	"no" bigint GENERATED ALWAYS AS IDENTITY (sequence name "submissions_no_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"batch_id" uuid NOT NULL,
	"alert_id" uuid NOT NULL,
	"block_no" integer NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"ids" text NOT NULL,
	"refs" "bytea" NOT NULL,
	CONSTRAINT "submissions_carrier_id_no_pk" PRIMARY KEY("carrier_id","no")
);
--> statement-breakpoint
ALTER TABLE "ranges" ADD COLUMN "block_no" integer NOT NULL;--> statement-breakpoint
ALTER TABLE "ranges" ADD COLUMN "generation" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "submissions_batch" ON "submissions" USING btree ("batch_id");--> statement-breakpoint
-- What is frozen stands out of line and as it is. The records stand in the row, uncompressed: they are written anew with
-- every batch.
ALTER TABLE blocks
  ALTER COLUMN phones SET STORAGE EXTERNAL, ALTER COLUMN contact_ids SET STORAGE EXTERNAL,
  ALTER COLUMN area_nos SET STORAGE EXTERNAL, ALTER COLUMN group_sets SET STORAGE EXTERNAL,
  ALTER COLUMN group_lists SET STORAGE EXTERNAL, ALTER COLUMN extras SET STORAGE EXTERNAL,
  ALTER COLUMN parts SET STORAGE EXTERNAL, ALTER COLUMN older_parts SET STORAGE EXTERNAL,
  ALTER COLUMN records SET STORAGE PLAIN, ALTER COLUMN carriers SET STORAGE MAIN,
  ALTER COLUMN reasons SET STORAGE MAIN, ALTER COLUMN replies SET STORAGE MAIN;
--> statement-breakpoint
ALTER TABLE submissions ALTER COLUMN ids SET STORAGE EXTERNAL, ALTER COLUMN refs SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE blocks SET (autovacuum_vacuum_threshold = 1000);
