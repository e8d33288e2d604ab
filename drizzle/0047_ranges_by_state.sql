DROP INDEX "ranges_open";--> statement-breakpoint
CREATE INDEX "ranges_ready" ON "ranges" USING btree ("alert_id","route_class","range_no") WHERE state = 'ready';--> statement-breakpoint
CREATE INDEX "ranges_leased" ON "ranges" USING btree ("alert_id","route_class") WHERE state = 'leased';--> statement-breakpoint
CREATE INDEX "ranges_open" ON "ranges" USING btree ("alert_id","expires") WHERE state <> 'done';