-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: waiting
-- Scalar subqueries stay looks into one index for each image. A few digests are enough: more than may wait.
SELECT k.place,
    (SELECT true FROM transits t WHERE t.captured_at = k.captured_at AND t.id = k.transit_id LIMIT 1) AS has_transit,
    ARRAY(
        SELECT i.sha256 FROM images i
        WHERE i.captured_at = k.captured_at AND i.transit_id = k.transit_id AND i.role = k.role LIMIT 100
    ) AS digests
FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[], %(roles)s::text[]) WITH ORDINALITY
    k (captured_at, transit_id, role, place)
ORDER BY k.place;

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
