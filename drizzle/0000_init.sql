CREATE TABLE "alert_history" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "alert_history_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"alert_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"operator_id" uuid,
	"action" text NOT NULL,
	"from" text,
	"to" text,
	"detail" text
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"state" text NOT NULL,
	"mode" text NOT NULL,
	"status" text NOT NULL,
	"msg_type" text NOT NULL,
	"severity" text NOT NULL,
	"draft" jsonb NOT NULL,
	"content" "bytea",
	"content_digest" text,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent" timestamp with time zone,
	"max_recipients" integer,
	"delivery" text NOT NULL,
	"expires" timestamp with time zone,
	"priority" smallint DEFAULT 5 NOT NULL,
	"dispatched_at" timestamp with time zone,
	"dispatched_by" uuid,
	"hold_until" timestamp with time zone,
	"recipients" integer,
	"served_share" double precision DEFAULT 0 NOT NULL,
	"plan_state" text,
	"planner" uuid,
	"planner_until" timestamp with time zone,
	"planned" integer DEFAULT 0 NOT NULL,
	"next_range_no" integer DEFAULT 1000000001 NOT NULL,
	"emergency" boolean DEFAULT false NOT NULL,
	"alarms" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"first_submitted_at" timestamp with time zone,
	"last_submitted_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"references" uuid[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "alerts_state" CHECK (state in ('draft', 'submitted', 'approved', 'rejected', 'sending', 'paused', 'sent', 'stopped', 'expired')),
	CONSTRAINT "alerts_mode" CHECK (mode in ('live', 'exercise')),
	CONSTRAINT "alerts_delivery" CHECK (delivery in ('at-least-once', 'at-most-once')),
	CONSTRAINT "alerts_plan_state" CHECK (plan_state in ('pending', 'running', 'done')),
	CONSTRAINT "alerts_frozen" CHECK (content is not null or state in ('draft', 'rejected')),
	CONSTRAINT "alerts_recipients_fixed" CHECK (recipients is not null or state not in ('sending', 'paused', 'sent'))
);
--> statement-breakpoint
CREATE TABLE "answers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"phone" text NOT NULL,
	"carrier_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires" timestamp with time zone NOT NULL,
	"claimed_by" uuid,
	"claimed_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"failure" text
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"operator_id" uuid,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bind_slots" (
	"carrier_id" uuid NOT NULL,
	"slot" smallint NOT NULL,
	"dispatcher_id" uuid NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	CONSTRAINT "bind_slots_carrier_id_slot_pk" PRIMARY KEY("carrier_id","slot")
);
--> statement-breakpoint
CREATE TABLE "carrier_links" (
	"carrier_id" uuid NOT NULL,
	"dispatcher_id" uuid NOT NULL,
	"state" text NOT NULL,
	"per_second" real NOT NULL,
	"in_flight" integer NOT NULL,
	"last_error" text,
	"reported_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "carrier_links_carrier_id_dispatcher_id_pk" PRIMARY KEY("carrier_id","dispatcher_id")
);
--> statement-breakpoint
CREATE TABLE "carrier_pace" (
	"carrier_id" uuid PRIMARY KEY NOT NULL,
	"tat" timestamp with time zone NOT NULL,
	"factor" double precision DEFAULT 1 NOT NULL,
	"ceiling" double precision DEFAULT 1 NOT NULL,
	"throttled_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "carriers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"protocol" text NOT NULL,
	"segments_per_second" integer NOT NULL,
	"window" integer NOT NULL,
	"binds" integer NOT NULL,
	"source_address" text NOT NULL,
	"settings" jsonb NOT NULL,
	"sealed_secrets" "bytea",
	"routes" jsonb NOT NULL,
	"enabled" boolean NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "carriers_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"phone" text NOT NULL,
	"name" text,
	"language" text,
	"external_id" text,
	"consent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "contacts_phone_unique" UNIQUE("phone")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"alert_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"range_no" integer NOT NULL,
	"text_no" smallint NOT NULL,
	"area_no" smallint,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"segments" smallint NOT NULL,
	"segments_delivered" smallint DEFAULT 0 NOT NULL,
	"possible_duplicate" boolean DEFAULT false NOT NULL,
	"opted_out" boolean DEFAULT false NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"phone" text NOT NULL,
	"contact_id" uuid NOT NULL,
	"carrier_id" uuid,
	"submitted_at" timestamp with time zone,
	"final_at" timestamp with time zone,
	"reason" text,
	"reply" text,
	"replied_at" timestamp with time zone,
	"group_nos" smallint[],
	CONSTRAINT "deliveries_alert_id_seq_pk" PRIMARY KEY("alert_id","seq"),
	CONSTRAINT "deliveries_state" CHECK (state in ('queued', 'submitted', 'unknown', 'failed', 'delivered', 'expired', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "group_members" (
	"group_id" uuid NOT NULL,
	"contact_id" uuid NOT NULL,
	CONSTRAINT "group_members_group_id_contact_id_pk" PRIMARY KEY("group_id","contact_id")
);
--> statement-breakpoint
CREATE TABLE "groups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"area" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "groups_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"operator_id" uuid NOT NULL,
	"path" text NOT NULL,
	"key" text NOT NULL,
	"body_digest" text NOT NULL,
	"status" smallint,
	"headers" jsonb,
	"body" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_operator_id_path_key_pk" PRIMARY KEY("operator_id","path","key")
);
--> statement-breakpoint
CREATE TABLE "import_rejects" (
	"import_id" uuid NOT NULL,
	"line" bigint NOT NULL,
	"column" text NOT NULL,
	"reason" text NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"operator_id" uuid NOT NULL,
	"mode" text NOT NULL,
	"state" text NOT NULL,
	"read" bigint DEFAULT 0 NOT NULL,
	"accepted" bigint DEFAULT 0 NOT NULL,
	"created" bigint DEFAULT 0 NOT NULL,
	"updated" bigint DEFAULT 0 NOT NULL,
	"removed" bigint DEFAULT 0 NOT NULL,
	"rejected" bigint DEFAULT 0 NOT NULL,
	"failure" jsonb,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"alive_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "imports_state" CHECK (state in ('running', 'completed', 'failed')),
	CONSTRAINT "imports_mode" CHECK (mode in ('upsert', 'replace'))
);
--> statement-breakpoint
CREATE TABLE "inbound" (
	"id" uuid PRIMARY KEY NOT NULL,
	"carrier_id" uuid NOT NULL,
	"phone" text NOT NULL,
	"to" text NOT NULL,
	"text" text NOT NULL,
	"partial" boolean DEFAULT false NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"option" text,
	"alert_id" uuid,
	"seq" integer,
	"late" boolean DEFAULT false NOT NULL,
	CONSTRAINT "inbound_kind" CHECK (kind in ('option', 'optOut', 'optIn', 'help', 'other'))
);
--> statement-breakpoint
CREATE TABLE "locations" (
	"contact_id" uuid NOT NULL,
	"position" "point" NOT NULL,
	"label" text,
	"sole" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "operators" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"password_hash" text,
	"roles" text[] NOT NULL,
	"jurisdiction" jsonb,
	"limits" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "operators_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "opt_outs" (
	"phone" text NOT NULL,
	"scope" text NOT NULL,
	"category" text DEFAULT '' NOT NULL,
	"source" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "opt_outs_phone_scope_category_pk" PRIMARY KEY("phone","scope","category"),
	CONSTRAINT "opt_outs_scope" CHECK (scope in ('nonEmergency', 'category', 'all'))
);
--> statement-breakpoint
CREATE TABLE "organisation" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"name" text NOT NULL,
	"time_zone" text NOT NULL,
	"country" text NOT NULL,
	"sender" text NOT NULL,
	"languages" text[] NOT NULL,
	"policy" jsonb NOT NULL,
	"retention" jsonb NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"master_key_check" text NOT NULL,
	CONSTRAINT "organisation_is_one" CHECK (id = 1)
);
--> statement-breakpoint
CREATE TABLE "orphan_receipts" (
	"carrier_id" uuid NOT NULL,
	"message_id" text NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "orphan_receipts_carrier_id_message_id_state_pk" PRIMARY KEY("carrier_id","message_id","state")
);
--> statement-breakpoint
CREATE TABLE "progress" (
	"alert_id" uuid NOT NULL,
	"carrier_id" uuid NOT NULL,
	"slot" smallint NOT NULL,
	"submitted" integer DEFAULT 0 NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"expired" integer DEFAULT 0 NOT NULL,
	"cancelled" integer DEFAULT 0 NOT NULL,
	"unknown" integer DEFAULT 0 NOT NULL,
	"possible_duplicates" integer DEFAULT 0 NOT NULL,
	"segments" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "progress_alert_id_carrier_id_slot_pk" PRIMARY KEY("alert_id","carrier_id","slot")
);
--> statement-breakpoint
CREATE TABLE "ranges" (
	"alert_id" uuid NOT NULL,
	"range_no" integer NOT NULL,
	"route_class" text NOT NULL,
	"from_seq" integer NOT NULL,
	"to_seq" integer NOT NULL,
	"seqs" integer[],
	"not_carriers" uuid[] DEFAULT '{}' NOT NULL,
	"state" text DEFAULT 'ready' NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"hwm" integer DEFAULT 0 NOT NULL,
	"owner" uuid,
	"carrier_id" uuid,
	"lease_until" timestamp with time zone,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires" timestamp with time zone NOT NULL,
	CONSTRAINT "ranges_alert_id_range_no_pk" PRIMARY KEY("alert_id","range_no"),
	CONSTRAINT "ranges_state" CHECK (state in ('ready', 'leased', 'done'))
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"operator_id" uuid NOT NULL,
	"mode" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "sessions_mode" CHECK (mode in ('live', 'exercise'))
);
--> statement-breakpoint
CREATE TABLE "sign_in_failures" (
	"subject" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signatures" (
	"alert_id" uuid NOT NULL,
	"revision" integer NOT NULL,
	"role" text NOT NULL,
	"operator_id" uuid NOT NULL,
	"kid" text NOT NULL,
	"jws" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"voided_at" timestamp with time zone,
	CONSTRAINT "signatures_alert_id_revision_role_pk" PRIMARY KEY("alert_id","revision","role"),
	CONSTRAINT "signatures_role" CHECK (role in ('author', 'approver'))
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"operator_id" uuid NOT NULL,
	"jwk" jsonb NOT NULL,
	"label" text NOT NULL,
	"mode" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "signing_keys_mode" CHECK (mode in ('live', 'exercise'))
);
--> statement-breakpoint
CREATE TABLE "submissions" (
	"carrier_id" uuid NOT NULL,
	"message_id" text NOT NULL,
	"alert_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"first_id" text,
	"state" text,
	CONSTRAINT "submissions_carrier_id_message_id_pk" PRIMARY KEY("carrier_id","message_id")
);
--> statement-breakpoint
CREATE TABLE "tallies" (
	"alert_id" uuid NOT NULL,
	"dimension" text NOT NULL,
	"key" smallint NOT NULL,
	"option" text NOT NULL,
	"slot" smallint NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "tallies_alert_id_dimension_key_option_slot_pk" PRIMARY KEY("alert_id","dimension","key","option","slot")
);
--> statement-breakpoint
CREATE TABLE "token_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"sealed_jwk" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "alert_history" ADD CONSTRAINT "alert_history_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_created_by_operators_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bind_slots" ADD CONSTRAINT "bind_slots_carrier_id_carriers_id_fk" FOREIGN KEY ("carrier_id") REFERENCES "public"."carriers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "carrier_links" ADD CONSTRAINT "carrier_links_carrier_id_carriers_id_fk" FOREIGN KEY ("carrier_id") REFERENCES "public"."carriers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "carrier_pace" ADD CONSTRAINT "carrier_pace_carrier_id_carriers_id_fk" FOREIGN KEY ("carrier_id") REFERENCES "public"."carriers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_rejects" ADD CONSTRAINT "import_rejects_import_id_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."imports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "locations" ADD CONSTRAINT "locations_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "signatures_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "signatures_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alert_history_alert" ON "alert_history" USING btree ("alert_id","id");--> statement-breakpoint
CREATE INDEX "alerts_created" ON "alerts" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "alerts_active" ON "alerts" USING btree ("priority") WHERE state in ('sending', 'paused', 'stopped');--> statement-breakpoint
CREATE INDEX "answers_waiting" ON "answers" USING btree ("carrier_id","created_at") WHERE sent_at is null;--> statement-breakpoint
CREATE INDEX "answers_phone" ON "answers" USING btree ("phone","created_at");--> statement-breakpoint
CREATE INDEX "deliveries_phone" ON "deliveries" USING btree ("phone");--> statement-breakpoint
CREATE INDEX "group_members_contact" ON "group_members" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "idempotency_created" ON "idempotency" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "import_rejects_import" ON "import_rejects" USING btree ("import_id","line");--> statement-breakpoint
CREATE INDEX "inbound_phone" ON "inbound" USING btree ("phone","received_at");--> statement-breakpoint
CREATE INDEX "inbound_alert" ON "inbound" USING btree ("alert_id","received_at");--> statement-breakpoint
CREATE INDEX "locations_contact" ON "locations" USING btree ("contact_id");--> statement-breakpoint
CREATE INDEX "locations_position" ON "locations" USING gist (position) include (contact_id, sole);--> statement-breakpoint
CREATE INDEX "opt_outs_at" ON "opt_outs" USING btree ("at");--> statement-breakpoint
CREATE INDEX "ranges_open" ON "ranges" USING btree ("alert_id","due_at") WHERE state <> 'done';--> statement-breakpoint
CREATE INDEX "refresh_tokens_session" ON "refresh_tokens" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "sessions_operator" ON "sessions" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "signing_keys_operator" ON "signing_keys" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "submissions_parts" ON "submissions" USING btree ("first_id") WHERE first_id is not null;