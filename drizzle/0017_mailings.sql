CREATE TABLE "letters" (
	"alert_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"contact_id" uuid NOT NULL,
	"phone" text NOT NULL,
	"address" text NOT NULL,
	"text_no" smallint NOT NULL,
	"expires" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"possible_duplicate" boolean DEFAULT false NOT NULL,
	"reason" text,
	"carrier_id" uuid,
	"fence" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "letters_alert_id_seq_pk" PRIMARY KEY("alert_id","seq"),
	CONSTRAINT "letters_state" CHECK (state in ('waiting', 'leased', 'sent', 'failed', 'expired', 'cancelled', 'unknown'))
);
--> statement-breakpoint
CREATE TABLE "mailings" (
	"alert_id" uuid PRIMARY KEY NOT NULL,
	"laid_out" integer DEFAULT 0 NOT NULL,
	"whole" boolean DEFAULT false NOT NULL,
	"letters" integer DEFAULT 0 NOT NULL,
	"sent" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"expired" integer DEFAULT 0 NOT NULL,
	"cancelled" integer DEFAULT 0 NOT NULL,
	"unknown" integer DEFAULT 0 NOT NULL,
	"possible_duplicates" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "letters_address" ON "letters" USING btree ("alert_id","address","text_no");--> statement-breakpoint
CREATE INDEX "letters_open" ON "letters" USING btree ("alert_id","state","due_at","seq") WHERE state in ('waiting', 'leased');--> statement-breakpoint
CREATE INDEX "letters_expires" ON "letters" USING btree ("alert_id","expires") WHERE state = 'waiting';