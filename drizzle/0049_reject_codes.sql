ALTER TABLE "import_rejects" ADD COLUMN "code" text;--> statement-breakpoint
ALTER TABLE "import_rejects" ADD COLUMN "values" jsonb;