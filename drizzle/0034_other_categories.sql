ALTER TABLE "consents" DROP CONSTRAINT "consents_scope";--> statement-breakpoint
ALTER TABLE "opt_outs" DROP CONSTRAINT "opt_outs_scope";--> statement-breakpoint
CREATE UNIQUE INDEX "opt_outs_other_categories" ON "opt_outs" USING btree ("phone") WHERE scope = 'otherCategories';--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_scope" CHECK (scope in ('nonEmergency', 'category', 'otherCategories', 'all', 'carrier'));--> statement-breakpoint
ALTER TABLE "opt_outs" ADD CONSTRAINT "opt_outs_scope" CHECK (scope in ('nonEmergency', 'category', 'otherCategories', 'all', 'carrier'));