-- Segments that a message of a batch took, where its carrier needs others than were approved.
ALTER TABLE "submissions" ADD COLUMN "parts" smallint;--> statement-breakpoint
-- What SMPP accounts did before it could be said.
UPDATE "carriers" SET "settings" = '{"defaultAlphabet": "GSM7", "dataCoding": {"defaultAlphabet": 0, "ucs2": 8}, "longMessages": "udh8", "serviceType": "", "validity": "relative", "registeredDelivery": "final", "statuses": {}}'::jsonb || "settings" WHERE "protocol" = 'smpp';
