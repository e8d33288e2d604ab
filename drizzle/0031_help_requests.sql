CREATE TABLE "help_requests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"alert_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"phone" text NOT NULL,
	"area_no" smallint NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"certain" boolean NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"inbound_id" uuid NOT NULL,
	"texts" integer NOT NULL,
	"operator_id" uuid,
	"outcome" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "help_requests_state_of" CHECK (state in ('open', 'taken', 'closed')),
	CONSTRAINT "help_requests_outcome_of" CHECK (outcome in ('helped', 'passedOn', 'safe', 'unreachable', 'mistake')),
	CONSTRAINT "help_requests_closed" CHECK ((state = 'closed') = (outcome is not null)),
	CONSTRAINT "help_requests_taken" CHECK ((state = 'open') = (operator_id is null))
);
--> statement-breakpoint
CREATE TABLE "help_steps" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"operator_id" uuid,
	"step" text NOT NULL,
	"to_operator_id" uuid,
	"outcome" text,
	"note" text,
	CONSTRAINT "help_steps_step" CHECK (step in ('taken', 'noted', 'handedOver', 'closed', 'reopened', 'askedAgain'))
);
--> statement-breakpoint
ALTER TABLE "help_steps" ADD CONSTRAINT "help_steps_request_id_help_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."help_requests"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "help_requests_recipient" ON "help_requests" USING btree ("alert_id","seq");--> statement-breakpoint
CREATE INDEX "help_requests_state" ON "help_requests" USING btree ("alert_id","state","id");--> statement-breakpoint
CREATE INDEX "help_steps_request" ON "help_steps" USING btree ("request_id","id");