CREATE TABLE "notice_deliveries" (
	"subscriber_id" uuid NOT NULL,
	"notice_id" uuid NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_status" smallint,
	"last_fault" text,
	"settled_at" timestamp with time zone,
	CONSTRAINT "notice_deliveries_subscriber_id_notice_id_pk" PRIMARY KEY("subscriber_id","notice_id"),
	CONSTRAINT "notice_deliveries_state" CHECK (state in ('waiting', 'delivered', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"alert_id" uuid,
	"event" text NOT NULL,
	"body" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "subscribers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"description" text NOT NULL,
	"events" text[] NOT NULL,
	"statuses" text[] NOT NULL,
	"enabled" boolean NOT NULL,
	"gone" boolean DEFAULT false NOT NULL,
	"sealed_secrets" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "subscribers_url_unique" UNIQUE("url")
);
--> statement-breakpoint
ALTER TABLE "notice_deliveries" ADD CONSTRAINT "notice_deliveries_subscriber_id_subscribers_id_fk" FOREIGN KEY ("subscriber_id") REFERENCES "public"."subscribers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notice_deliveries" ADD CONSTRAINT "notice_deliveries_notice_id_notices_id_fk" FOREIGN KEY ("notice_id") REFERENCES "public"."notices"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notice_deliveries_notice" ON "notice_deliveries" USING btree ("notice_id");--> statement-breakpoint
CREATE INDEX "notice_deliveries_waiting" ON "notice_deliveries" USING btree ("subscriber_id","due_at") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "notices_at" ON "notices" USING btree ("at");