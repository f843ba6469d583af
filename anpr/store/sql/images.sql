-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: record
-- The anti-join looks over purposes, which the key does not: an image may have come before its gate was given another one.
-- OFFSET 0 keeps it a look into one index for each image.
INSERT INTO images (captured_at, transit_id, role, gate_id, sha256, size, path, purpose, received_at)
SELECT k.*, coalesce(%(received_at)s::timestamptz, now()) FROM unnest(
    %(captured_at)s::timestamptz[], %(transit_id)s::uuid[], %(role)s::text[], %(gate_id)s::text[], %(sha256)s::text[],
    %(size)s::integer[], %(path)s::text[], %(purpose)s::text[]
) k (captured_at, transit_id, role, gate_id, sha256, size, path, purpose)
WHERE NOT EXISTS (
    SELECT FROM images i
    WHERE i.captured_at = k.captured_at AND i.transit_id = k.transit_id AND i.role = k.role AND i.sha256 = k.sha256 OFFSET 0
)
ON CONFLICT DO NOTHING;

-- name: purposes
-- Of those of these transits that are stored.
SELECT k.place, t.purpose
FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[]) WITH ORDINALITY k (captured_at, id, place)
CROSS JOIN LATERAL (
    SELECT purpose FROM transits WHERE transits.captured_at = k.captured_at AND transits.id = k.id OFFSET 0
) t;

-- name: roles
SELECT role, sha256 FROM images WHERE captured_at = %(captured_at)s AND transit_id = %(transit_id)s;

-- name: announced
-- OFFSET 0 keeps it a look into one index for each image: joined, whole days would be read.
SELECT k.place, t.gate_id, t.reader_id, t.images
FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[]) WITH ORDINALITY k (captured_at, id, place)
CROSS JOIN LATERAL (
    SELECT gate_id, reader_id, images FROM transits WHERE transits.captured_at = k.captured_at AND transits.id = k.id OFFSET 0
) t;

-- name: share
SELECT pg_advisory_xact_lock_shared(hashtextextended('anpr images', 0));

-- name: gates_of_day
SELECT DISTINCT gate_id FROM images WHERE captured_at >= %(starts)s AND captured_at < %(ends)s;

-- name: page
-- By the primary key from where the last page ended: no snapshot is held while the files of a page are read.
-- The first condition is the place in the index: with the day's beginning there, each page would walk all before it.
SELECT i.captured_at, i.transit_id, i.role, i.sha256, i.size, i.path, t.id IS NOT NULL AS has_transit,
    t.gate_id = i.gate_id AND t.images @> jsonb_build_array(jsonb_build_array(i.role, i.sha256)) AS is_named
FROM (
    SELECT * FROM images
    WHERE captured_at >= %(captured_at)s AND captured_at < %(ends)s AND gate_id = %(gate_id)s
      AND (captured_at, transit_id, role, sha256) > (%(captured_at)s, %(transit_id)s, %(role)s, %(sha256)s)
    ORDER BY captured_at, transit_id, role, sha256 LIMIT %(limit)s
) i
LEFT JOIN transits t ON t.captured_at = i.captured_at AND t.id = i.transit_id
  AND t.captured_at >= %(starts)s AND t.captured_at < %(ends)s
ORDER BY i.captured_at, i.transit_id, i.role, i.sha256;

-- name: named
SELECT path FROM images
WHERE captured_at >= %(starts)s AND captured_at < %(ends)s AND path = ANY (%(paths)s::text[]);

-- name: patience
SELECT set_config('lock_timeout', '10s', true);

-- name: alone
SELECT pg_advisory_xact_lock(hashtextextended('anpr images', 0));

-- name: kept
SELECT path FROM images WHERE captured_at < %(before)s;

-- name: kept_of_gate
SELECT path FROM images WHERE captured_at >= %(starts)s AND captured_at < %(ends)s AND gate_id = %(gate_id)s;

-- name: dropped
SELECT day, gate_id FROM dropped_images ORDER BY day, gate_id;

-- name: forget_dropped
DELETE FROM dropped_images WHERE day = %(day)s AND gate_id = %(gate_id)s;

-- name: forget_dropped_days
DELETE FROM dropped_images WHERE day < %(before)s;
