ALTER TABLE "signatures" ADD COLUMN "passkey" jsonb;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD COLUMN "passkey" jsonb;