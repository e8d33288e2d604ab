ALTER TABLE "notice_deliveries" DROP CONSTRAINT "notice_deliveries_state";--> statement-breakpoint
ALTER TABLE "notice_deliveries" ADD COLUMN "posted_xml" text;--> statement-breakpoint
ALTER TABLE "notice_deliveries" ADD COLUMN "outcome" jsonb;--> statement-breakpoint
ALTER TABLE "subscribers" ADD COLUMN "kind" text DEFAULT 'webhook' NOT NULL;--> statement-breakpoint
ALTER TABLE "subscribers" ADD COLUMN "ipaws" jsonb;--> statement-breakpoint
ALTER TABLE "notice_deliveries" ADD CONSTRAINT "notice_deliveries_state" CHECK (state in ('waiting', 'delivered', 'partial', 'failed', 'unknown', 'cancelled'));--> statement-breakpoint
ALTER TABLE "subscribers" ADD CONSTRAINT "subscribers_kind" CHECK (kind in ('webhook', 'ipaws'));--> statement-breakpoint
ALTER TABLE "subscribers" ADD CONSTRAINT "subscribers_ipaws" CHECK ((kind = 'ipaws') = (ipaws is not null));