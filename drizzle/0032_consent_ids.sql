-- Proofs are listed by their ids, which say when: those that 0030 made for opt-outs from before didn't.
UPDATE "consents"
SET id = (
  lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid
WHERE substr(id::text, 15, 1) = '4';
