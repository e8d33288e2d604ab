-- The number of the cell that a position lies in (src/geometry/grid.ts): the bits of its column and its row in turn.
CREATE FUNCTION grid_number("position" point) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  -- 2^26 columns of 360 degrees, as many rows of 180; the last ones hold their far edge, too.
  x bigint := least(floor(("position"[0] + 180) * 8388608 / 45), 67108863);
  y bigint := least(floor(("position"[1] + 90) * 16777216 / 45), 67108863);
BEGIN
  -- Each bit moves to twice its place.
  x := (x | (x << 16)) & x'0000FFFF0000FFFF'::bigint;
  x := (x | (x << 8)) & x'00FF00FF00FF00FF'::bigint;
  x := (x | (x << 4)) & x'0F0F0F0F0F0F0F0F'::bigint;
  x := (x | (x << 2)) & x'3333333333333333'::bigint;
  x := (x | (x << 1)) & x'5555555555555555'::bigint;
  y := (y | (y << 16)) & x'0000FFFF0000FFFF'::bigint;
  y := (y | (y << 8)) & x'00FF00FF00FF00FF'::bigint;
  y := (y | (y << 4)) & x'0F0F0F0F0F0F0F0F'::bigint;
  y := (y | (y << 2)) & x'3333333333333333'::bigint;
  y := (y | (y << 1)) & x'5555555555555555'::bigint;
  RETURN (x << 1) | y;
END $$;--> statement-breakpoint
CREATE INDEX "locations_grid" ON "locations" USING btree (grid_number(position)) include (contact_id, phone_key, sole, language, position);--> statement-breakpoint
CREATE INDEX "locations_shared_grid" ON "locations" USING btree (grid_number(position)) include (contact_id, position) WHERE not sole;--> statement-breakpoint
DROP INDEX "locations_position";--> statement-breakpoint
DROP INDEX "locations_shared";--> statement-breakpoint
-- An older program asks for places by their coordinates: without an index for that it would read all of them for every tile.
UPDATE "schema_floor" SET "migrations" = 55;
