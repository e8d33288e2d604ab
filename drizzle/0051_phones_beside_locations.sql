DROP TRIGGER locations_ask_contact ON "locations";--> statement-breakpoint
DROP INDEX "locations_position";--> statement-breakpoint
CREATE FUNCTION phone_key(phone text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN rpad(substr(phone, 2), 15, '0')::bigint * 16 + length(phone) - 1;
--> statement-breakpoint
ALTER TABLE "locations" ADD COLUMN "phone_key" bigint;--> statement-breakpoint
UPDATE "locations" l SET "phone_key" = phone_key(c."phone") FROM "contacts" c WHERE c."id" = l."contact_id";--> statement-breakpoint
ALTER TABLE "locations" ALTER COLUMN "phone_key" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "locations_shared" ON "locations" USING gist (position) include (contact_id) WHERE not sole;--> statement-breakpoint
CREATE INDEX "locations_position" ON "locations" USING gist (position) include (contact_id, phone_key, sole, language);--> statement-breakpoint
ALTER TABLE "locations" DROP COLUMN "phone_head";--> statement-breakpoint
CREATE OR REPLACE FUNCTION ask_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT phone_key(c.phone), coalesce(c.language, '') INTO new.phone_key, new.language
  FROM contacts c WHERE c.id = new.contact_id FOR SHARE;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER locations_ask_contact BEFORE INSERT ON locations
  FOR EACH ROW WHEN (new.phone_key IS NULL OR new.language IS NULL) EXECUTE FUNCTION ask_contact();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION tell_locations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE locations l SET phone_key = phone_key(c.phone), language = coalesce(c.language, '')
  FROM changed c
  WHERE l.contact_id = c.id
    AND (l.phone_key, l.language) IS DISTINCT FROM (phone_key(c.phone), coalesce(c.language, ''));
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP FUNCTION phone_head(text);
