ALTER TABLE "notices" ADD COLUMN "cap_digest" text;--> statement-breakpoint
CREATE INDEX "notices_unfinished" ON "notices" USING btree ("at") WHERE cap_digest is not null;