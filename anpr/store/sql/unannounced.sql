-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: announced
-- OFFSET 0 keeps it a look into one index for each image: joined, whole days would be read.
SELECT k.place, t.gate_id, t.images
FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[]) WITH ORDINALITY k (captured_at, id, place)
CROSS JOIN LATERAL (
    SELECT gate_id, images FROM transits WHERE transits.captured_at = k.captured_at AND transits.id = k.id OFFSET 0
) t;

-- name: waiting
-- A few of each: more than may wait is all that matters.
SELECT k.captured_at, k.transit_id, k.role, i.sha256
FROM (
    SELECT DISTINCT * FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[], %(roles)s::text[])
        k (captured_at, transit_id, role)
) k
CROSS JOIN LATERAL (
    SELECT sha256 FROM images
    WHERE images.captured_at = k.captured_at AND images.transit_id = k.transit_id AND images.role = k.role LIMIT 100
) i;

-- name: left
SELECT i.captured_at, i.transit_id, i.role, i.sha256 FROM images i
WHERE i.received_at >= %(since)s AND i.received_at < %(before)s
  AND NOT EXISTS (
      SELECT FROM transits t
      WHERE t.captured_at = i.captured_at AND t.id = i.transit_id AND t.gate_id = i.gate_id
        AND t.images @> jsonb_build_array(jsonb_build_array(i.role, i.sha256))
  )
LIMIT %(most)s;

-- name: drop
SELECT * FROM drop_unannounced(
    %(captured_at)s::timestamptz[], %(transit_id)s::uuid[], %(role)s::text[], %(sha256)s::text[]
) AS path;
