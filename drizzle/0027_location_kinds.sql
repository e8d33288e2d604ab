DROP INDEX "locations_position";--> statement-breakpoint
CREATE FUNCTION phone_head(phone text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE WHEN length(phone) > 9 THEN substr(phone, 2, 9)::integer ELSE -substr(phone, 2)::integer END;
--> statement-breakpoint
ALTER TABLE "locations" ADD COLUMN "phone_head" integer;--> statement-breakpoint
ALTER TABLE "locations" ADD COLUMN "language" text;--> statement-breakpoint
UPDATE "locations" l SET "phone_head" = phone_head(c."phone"), "language" = coalesce(c."language", '')
  FROM "contacts" c WHERE c."id" = l."contact_id";--> statement-breakpoint
ALTER TABLE "locations" ALTER COLUMN "phone_head" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "locations" ALTER COLUMN "language" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "locations_position" ON "locations" USING gist (position) include (contact_id, phone_head, sole, language);
--> statement-breakpoint
-- The contact is held until the location is there: a change of it at the same time waits, and then finds the location.
CREATE FUNCTION ask_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT phone_head(c.phone), coalesce(c.language, '') INTO new.phone_head, new.language
  FROM contacts c WHERE c.id = new.contact_id FOR SHARE;
  RETURN new;
END $$;
--> statement-breakpoint
CREATE TRIGGER locations_ask_contact BEFORE INSERT ON locations
  FOR EACH ROW WHEN (new.phone_head IS NULL OR new.language IS NULL) EXECUTE FUNCTION ask_contact();
--> statement-breakpoint
CREATE FUNCTION tell_locations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE locations l SET phone_head = phone_head(c.phone), language = coalesce(c.language, '')
  FROM changed c
  WHERE l.contact_id = c.id
    AND (l.phone_head, l.language) IS DISTINCT FROM (phone_head(c.phone), coalesce(c.language, ''));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER contacts_tell_locations AFTER UPDATE ON contacts
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tell_locations();
