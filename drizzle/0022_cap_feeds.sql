CREATE TABLE "cap_feed_items" (
	"feed_id" uuid NOT NULL,
	"key" text NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cap_feed_items_feed_id_key_pk" PRIMARY KEY("feed_id","key")
);
--> statement-breakpoint
CREATE TABLE "cap_feeds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"description" text NOT NULL,
	"author_id" uuid NOT NULL,
	"statuses" text[] NOT NULL,
	"roster" uuid,
	"certificates" text[] NOT NULL,
	"max_octets" integer NOT NULL,
	"interval_seconds" integer NOT NULL,
	"enabled" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"etag" text,
	"last_modified" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"polled_at" timestamp with time zone,
	"succeeded_at" timestamp with time zone,
	"problems" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "cap_feeds_url_unique" UNIQUE("url")
);
--> statement-breakpoint
ALTER TABLE "imported_messages" ADD COLUMN "feed_id" uuid;--> statement-breakpoint
ALTER TABLE "cap_feed_items" ADD CONSTRAINT "cap_feed_items_feed_id_cap_feeds_id_fk" FOREIGN KEY ("feed_id") REFERENCES "public"."cap_feeds"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cap_feeds" ADD CONSTRAINT "cap_feeds_author_id_operators_id_fk" FOREIGN KEY ("author_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;