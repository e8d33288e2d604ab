CREATE TABLE "replies" (
	"alert_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"option" text,
	"replied_at" timestamp with time zone,
	"opted_out" boolean DEFAULT false NOT NULL,
	CONSTRAINT "replies_alert_id_seq_pk" PRIMARY KEY("alert_id","seq")
);
--> statement-breakpoint
-- A reply is written with its row's first version, and seldom once more.
ALTER TABLE "replies" SET (fillfactor = 50);
--> statement-breakpoint
-- Octets 4 … 11 of an extra were the reply and its time, and 32 in a record's first octet said opted out.
INSERT INTO replies (alert_id, seq, option, replied_at, opted_out)
SELECT alert_id, block_no + place, option, planned_at + ms * interval '1 ms', opted_out
FROM (
  SELECT b.alert_id, b.block_no, b.planned_at, place,
    b.replies[CASE WHEN b.extras = '' THEN 0 ELSE get_byte(b.extras, place * 12 + 4) END] AS option,
    CASE WHEN b.extras = '' THEN NULL ELSE get_byte(b.extras, place * 12 + 8) * 16777216::bigint
      + get_byte(b.extras, place * 12 + 9) * 65536 + get_byte(b.extras, place * 12 + 10) * 256
      + get_byte(b.extras, place * 12 + 11) - 1 END AS ms,
    CASE WHEN b.records = '' THEN false ELSE get_byte(b.records, place * 12) & 32 <> 0 END AS opted_out
  FROM blocks b CROSS JOIN generate_series(0, b.size - 1) AS place
) r WHERE option IS NOT NULL OR opted_out;
--> statement-breakpoint
UPDATE blocks b SET extras = (
  SELECT string_agg(substring(b.extras FROM place * 12 + 1 FOR 4), '' ORDER BY place)
  FROM generate_series(0, b.size - 1) AS place
) WHERE extras <> '';
--> statement-breakpoint
UPDATE blocks b SET records = (
  SELECT string_agg(set_byte(substring(b.records FROM place * 12 + 1 FOR 12), 0, get_byte(b.records, place * 12) & 31), '' ORDER BY place)
  FROM generate_series(0, b.size - 1) AS place
) WHERE records <> '' AND EXISTS (SELECT FROM replies r WHERE r.alert_id = b.alert_id AND r.opted_out);
--> statement-breakpoint
ALTER TABLE "blocks" DROP COLUMN "replies";
