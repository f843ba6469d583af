-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: create_staging
CREATE TEMPORARY TABLE IF NOT EXISTS staging_transits (LIKE transits) ON COMMIT DELETE ROWS;

-- name: empty_staging
DELETE FROM staging_transits;

-- name: copy_staging
COPY staging_transits (captured_at, id, received_at, gate_id, camera_id, reader_id, first_seen, last_seen,
    plate, look_alike, raw, confidence, candidates, reads, box_x, box_y, box_w, box_h, country, direction, lane, images,
    signature, purpose, software)
FROM STDIN (FORMAT BINARY);

-- name: insert_plates
-- The anti-join first: nearly all plates are known, and ON CONFLICT would lock and rewrite each of their rows.
-- Sorted, so that two inserters meet their common plates in the same order.
INSERT INTO plates (plate, look_alike, last_day)
SELECT s.plate, s.look_alike, s.last_day
FROM (
    SELECT plate, look_alike, max((captured_at AT TIME ZONE 'UTC')::date) AS last_day
    FROM staging_transits
    GROUP BY plate, look_alike
) s
LEFT JOIN plates p ON p.plate = s.plate
WHERE p.plate IS NULL OR p.last_day < s.last_day
ORDER BY s.plate
ON CONFLICT (plate) DO UPDATE SET last_day = greatest(plates.last_day, excluded.last_day);

-- name: insert_transits
-- Columns by name: a migration may add one while this connection's staging table lives.
-- The ids only when some were there already: reading thousands back takes longer than storing them.
WITH stored AS (
    INSERT INTO transits (captured_at, id, received_at, gate_id, camera_id, reader_id, first_seen, last_seen,
        plate, look_alike, raw, confidence, candidates, reads, box_x, box_y, box_w, box_h,
        country, direction, lane, images, signature, purpose, software)
    SELECT captured_at, id, received_at, gate_id, camera_id, reader_id, first_seen, last_seen,
        plate, look_alike, raw, confidence, candidates, reads, box_x, box_y, box_w, box_h,
        country, direction, lane, images, signature, purpose, software
    FROM staging_transits
    ORDER BY purpose, captured_at, id
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT count(*) AS count, CASE WHEN count(*) < %(number)s THEN array_agg(id) END AS ids FROM stored;

-- name: taken
-- Staged ones that another has kept out, whose id is the same and whose time is not.
SELECT s.id FROM staging_transits s
WHERE NOT EXISTS (
    SELECT FROM transits t WHERE t.captured_at = s.captured_at AND t.id = s.id
      AND t.captured_at >= %(since)s AND t.captured_at <= %(until)s OFFSET 0
)
LIMIT 1;

-- name: latest
SELECT * FROM transits ORDER BY captured_at DESC, id DESC LIMIT %(limit)s;

-- name: latest_of_gates
-- The newest of each gate by its index, and the newest of those: however long ago something passed at these gates.
SELECT t.* FROM unnest(%(gate_ids)s::text[]) AS g (gate_id)
CROSS JOIN LATERAL (
    SELECT * FROM transits WHERE transits.gate_id = g.gate_id ORDER BY captured_at DESC, id DESC LIMIT %(limit)s
) t
ORDER BY t.captured_at DESC, t.id DESC LIMIT %(limit)s;

-- name: last_of_gates
-- Newest day first: the lateral stops at the first row of each gate.
SELECT g.gate_id, t.captured_at
FROM unnest(%(gate_ids)s::text[]) AS g (gate_id)
CROSS JOIN LATERAL (
    SELECT captured_at FROM transits WHERE transits.gate_id = g.gate_id ORDER BY captured_at DESC LIMIT 1
) t;

-- name: get
-- The id tells the time, and so the day: not all days are looked through. The one that came first is the transit.
SELECT * FROM transits WHERE id = %(id)s AND captured_at >= %(since)s AND captured_at <= %(until)s
ORDER BY received_at LIMIT 1;

-- name: search_exact
-- Columns by name, here and in the next: a server-side prepared statement ends when what it returns changes.
SELECT captured_at, id, received_at, gate_id, camera_id, reader_id, first_seen, last_seen, plate, look_alike, raw, confidence,
    candidates, reads, box_x, box_y, box_w, box_h, country, direction, lane, images, signature
FROM transits
WHERE plate = %(text)s
  AND captured_at >= coalesce(%(since)s::timestamptz, '-infinity')
  AND captured_at < coalesce(%(until)s::timestamptz, 'infinity')
  AND received_at <= coalesce(%(received_until)s::timestamptz, 'infinity')
  AND (%(gate_ids)s::text[] IS NULL OR gate_id = ANY (%(gate_ids)s::text[]))
ORDER BY captured_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: search_look_alike_exact
SELECT t.captured_at, t.id, t.received_at, t.gate_id, t.camera_id, t.reader_id, t.first_seen, t.last_seen, t.plate, t.look_alike,
    t.raw, t.confidence, t.candidates, t.reads, t.box_x, t.box_y, t.box_w, t.box_h, t.country, t.direction, t.lane, t.images,
    t.signature
FROM look_alikes_of(%(folded)s) p (plate) JOIN transits t ON t.plate = p.plate
WHERE t.captured_at >= coalesce(%(since)s::timestamptz, '-infinity')
  AND t.captured_at < coalesce(%(until)s::timestamptz, 'infinity')
  AND t.received_at <= coalesce(%(received_until)s::timestamptz, 'infinity')
  AND (%(gate_ids)s::text[] IS NULL OR t.gate_id = ANY (%(gate_ids)s::text[]))
ORDER BY t.captured_at DESC, t.id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: search_wildcard
-- The trigrams are those of the folded texts; a pattern's beginning is looked up in the key.
SELECT t.* FROM plates_like(%(folded)s, %(text)s) p (plate) JOIN transits t ON t.plate = p.plate
WHERE t.captured_at >= coalesce(%(since)s::timestamptz, '-infinity')
  AND t.captured_at < coalesce(%(until)s::timestamptz, 'infinity')
  AND t.received_at <= coalesce(%(received_until)s::timestamptz, 'infinity')
  AND (%(gate_ids)s::text[] IS NULL OR t.gate_id = ANY (%(gate_ids)s::text[]))
ORDER BY t.captured_at DESC, t.id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: search_look_alike_wildcard
SELECT t.* FROM look_alikes_like(%(folded)s) p (plate) JOIN transits t ON t.plate = p.plate
WHERE t.captured_at >= coalesce(%(since)s::timestamptz, '-infinity')
  AND t.captured_at < coalesce(%(until)s::timestamptz, 'infinity')
  AND t.received_at <= coalesce(%(received_until)s::timestamptz, 'infinity')
  AND (%(gate_ids)s::text[] IS NULL OR t.gate_id = ANY (%(gate_ids)s::text[]))
ORDER BY t.captured_at DESC, t.id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: between
SELECT * FROM transits
WHERE captured_at >= %(since)s AND captured_at < %(until)s
  AND (%(after_id)s::uuid IS NULL OR (captured_at, id) > (%(since)s, %(after_id)s::uuid))
  AND (%(gate_ids)s::text[] IS NULL OR gate_id = ANY (%(gate_ids)s::text[]))
ORDER BY captured_at, id LIMIT %(limit)s;

-- name: count
SELECT count(*) AS count FROM transits WHERE captured_at >= %(since)s AND captured_at < %(until)s;

-- name: oldest
SELECT min(captured_at) AS captured_at FROM transits;

-- name: announce
-- ONLY: retro-match asks for the lock of the table itself; its days are locked by the insert.
LOCK TABLE ONLY transits IN ROW EXCLUSIVE MODE;
