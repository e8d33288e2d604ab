CREATE TABLE "due_reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"schedule_id" uuid NOT NULL,
	"key" text NOT NULL,
	"alert_id" uuid,
	"since" timestamp with time zone,
	"until" timestamp with time zone,
	"at" timestamp with time zone NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"made_at" timestamp with time zone,
	"failure" text,
	CONSTRAINT "due_reports_of" CHECK ((alert_id is null) = (since is not null and until is not null))
);
--> statement-breakpoint
CREATE TABLE "operator_letters" (
	"id" uuid PRIMARY KEY NOT NULL,
	"report_id" uuid,
	"operator_id" uuid NOT NULL,
	"address" text NOT NULL,
	"mode" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"language" text NOT NULL,
	"attachment_name" text,
	"attachment" "bytea",
	"state" text DEFAULT 'waiting' NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"possible_duplicate" boolean DEFAULT false NOT NULL,
	"reason" text,
	"carrier_id" uuid,
	"fence" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	CONSTRAINT "operator_letters_state" CHECK (state in ('waiting', 'leased', 'sent', 'failed', 'expired', 'cancelled', 'unknown')),
	CONSTRAINT "operator_letters_mode" CHECK (mode in ('live', 'exercise'))
);
--> statement-breakpoint
CREATE TABLE "report_schedules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"every" text,
	"hours_after_end" smallint,
	"statuses" text[] NOT NULL,
	"operator_ids" uuid[] NOT NULL,
	"language" text NOT NULL,
	"enabled" boolean NOT NULL,
	"active_since" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "report_schedules_kind" CHECK (kind in ('statistics', 'acknowledgement')),
	CONSTRAINT "report_schedules_every" CHECK (every in ('week', 'month')),
	CONSTRAINT "report_schedules_when" CHECK ((kind = 'statistics') = (every is not null) and (kind = 'statistics') = (due_at is not null)
        and (kind = 'acknowledgement') = (hours_after_end is not null))
);
--> statement-breakpoint
ALTER TABLE "due_reports" ADD CONSTRAINT "due_reports_schedule_id_report_schedules_id_fk" FOREIGN KEY ("schedule_id") REFERENCES "public"."report_schedules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "due_reports" ADD CONSTRAINT "due_reports_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_letters" ADD CONSTRAINT "operator_letters_report_id_due_reports_id_fk" FOREIGN KEY ("report_id") REFERENCES "public"."due_reports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_letters" ADD CONSTRAINT "operator_letters_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "report_schedules" ADD CONSTRAINT "report_schedules_created_by_operators_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "due_reports_once" ON "due_reports" USING btree ("schedule_id","key");--> statement-breakpoint
CREATE INDEX "due_reports_waiting" ON "due_reports" USING btree ("due_at") WHERE made_at is null and failure is null;--> statement-breakpoint
CREATE INDEX "operator_letters_open" ON "operator_letters" USING btree ("due_at") WHERE state in ('waiting', 'leased');--> statement-breakpoint
CREATE INDEX "operator_letters_report" ON "operator_letters" USING btree ("report_id");