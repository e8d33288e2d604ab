CREATE TABLE "cap_exports" (
	"alert_id" uuid NOT NULL,
	"content_digest" text NOT NULL,
	"xml" "bytea" NOT NULL,
	"signed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "cap_exports_alert_id_content_digest_pk" PRIMARY KEY("alert_id","content_digest")
);
--> statement-breakpoint
CREATE TABLE "xml_signing_keys" (
	"fingerprint" text PRIMARY KEY NOT NULL,
	"certificate" text NOT NULL,
	"sealed_key" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "cap_exports" ADD CONSTRAINT "cap_exports_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;