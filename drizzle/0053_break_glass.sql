ALTER TABLE "signatures" DROP CONSTRAINT "signatures_role";--> statement-breakpoint
CREATE UNIQUE INDEX "signatures_second" ON "signatures" USING btree ("alert_id","revision") WHERE role <> 'author';--> statement-breakpoint
CREATE INDEX "audit_signed" ON "audit" USING btree ("subject") WHERE action in ('alert.submitted', 'alert.brokeGlass');--> statement-breakpoint
ALTER TABLE "signatures" ADD CONSTRAINT "signatures_role" CHECK (role in ('author', 'approver', 'breakGlass'));--> statement-breakpoint
-- To a program that does not know `breakGlassAfterSeconds` what is signed with it is no content: it would stop such an alert.
UPDATE "schema_floor" SET "migrations" = 54;
