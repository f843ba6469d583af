-- name: likely
-- Entries whose plate is one of a transit's texts, or, for look-alike lists, shares its key; valid at capture time.
WITH texts AS (
    SELECT number, text COLLATE "C" AS text FROM unnest(%(numbers)s::int[], %(texts)s::text[]) AS t (number, text)
), keys AS (
    SELECT (number - 1)::int AS number, key COLLATE "C" AS key, captured_at
    FROM unnest(%(keys)s::text[], %(captured)s::timestamptz[]) WITH ORDINALITY AS k (key, captured_at, number)
), found AS (
    SELECT t.number, e.id FROM texts t JOIN entries e ON e.plate = t.text
    UNION
    SELECT k.number, e.id FROM keys k JOIN entries e ON e.look_alike = k.key
    JOIN watchlists w ON w.id = e.watchlist_id AND w.match = 'look-alike'
)
SELECT f.number, w.*, e.id AS entry_id, e.watchlist_id AS entry_watchlist_id, e.plate AS entry_plate,
    e.reason AS entry_reason, e.valid_from AS entry_valid_from, e.valid_to AS entry_valid_to
FROM found f
JOIN keys k ON k.number = f.number
JOIN entries e ON e.id = f.id
JOIN watchlists w ON w.id = e.watchlist_id
WHERE (e.valid_from IS NULL OR e.valid_from <= k.captured_at) AND (e.valid_to IS NULL OR k.captured_at < e.valid_to)
ORDER BY f.number, e.id;
