-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: likely
-- Entries whose plate is one of a transit's texts, or, for look-alike lists, shares its key; valid at capture time. Partial
-- plates by their first or last three signs where these are known, as comparing each with each would take seconds.
WITH texts AS (
    SELECT number, text COLLATE "C" AS text FROM unnest(%(numbers)s::int[], %(texts)s::text[]) AS t (number, text)
), keys AS (
    SELECT (number - 1)::int AS number, key COLLATE "C" AS key, captured_at
    FROM unnest(%(keys)s::text[], %(captured)s::timestamptz[]) WITH ORDINALITY AS k (key, captured_at, number)
), partial AS MATERIALIZED (
    SELECT e.id, plate_like(CASE w.match WHEN 'look-alike' THEN e.look_alike ELSE e.plate END) COLLATE "C" AS pattern, w.match,
        CASE WHEN left(e.plate, 3) !~ '[*?]' THEN 'first' WHEN right(e.plate, 3) !~ '[*?]' THEN 'last' ELSE 'other' END AS known
    FROM entries e JOIN watchlists w ON w.id = e.watchlist_id WHERE e.plate ~ '[*?]'
), comparable AS MATERIALIZED (
    -- What a list may compare: the plate that was read, its key, and every text that it may be.
    SELECT number, p.text COLLATE "C" AS text, 'exact' AS match FROM unnest(%(plates)s::text[]) WITH ORDINALITY AS p (text, nth),
        LATERAL (SELECT (nth - 1)::int AS number) n
    UNION ALL SELECT number, key, 'look-alike' FROM keys
    UNION ALL SELECT number, text, 'probability' FROM texts
), fitting AS (
    SELECT c.number, p.id FROM comparable c JOIN partial p
        ON p.match = c.match AND p.known = 'first' AND left(p.pattern, 3) = left(c.text, 3) AND c.text LIKE p.pattern
    UNION ALL
    SELECT c.number, p.id FROM comparable c JOIN partial p
        ON p.match = c.match AND p.known = 'last' AND right(p.pattern, 3) = right(c.text, 3) AND c.text LIKE p.pattern
    UNION ALL
    SELECT c.number, p.id FROM comparable c JOIN partial p
        ON p.match = c.match AND p.known = 'other' AND c.text LIKE p.pattern
), found AS (
    SELECT t.number, e.id FROM texts t JOIN entries e ON e.plate = t.text
    UNION
    SELECT k.number, e.id FROM keys k JOIN entries e ON e.look_alike = k.key
    JOIN watchlists w ON w.id = e.watchlist_id AND w.match = 'look-alike'
    UNION
    SELECT number, id FROM fitting
)
SELECT f.number, w.*, e.id AS entry_id, e.watchlist_id AS entry_watchlist_id, e.plate AS entry_plate,
    e.reason AS entry_reason, e.valid_from AS entry_valid_from, e.valid_to AS entry_valid_to,
    e.instructions AS entry_instructions
FROM found f
JOIN keys k ON k.number = f.number
JOIN entries e ON e.id = f.id
JOIN watchlists w ON w.id = e.watchlist_id
WHERE (e.valid_from IS NULL OR e.valid_from <= k.captured_at) AND (e.valid_to IS NULL OR k.captured_at < e.valid_to)
  AND (w.valid_to IS NULL OR k.captured_at < w.valid_to)
ORDER BY f.number, e.id;

-- name: confirm
-- The lists' version, and these entries as they are in it: one statement, so both are of one moment. A row in any case.
SELECT v.version AS list_version, w.*, e.id AS entry_id, e.watchlist_id AS entry_watchlist_id, e.plate AS entry_plate,
    e.reason AS entry_reason, e.valid_from AS entry_valid_from, e.valid_to AS entry_valid_to,
    e.instructions AS entry_instructions
FROM list_version v
LEFT JOIN (entries e JOIN watchlists w ON w.id = e.watchlist_id) ON e.id = ANY (%(ids)s::bigint[]);

-- name: one_moment
-- What follows in this transaction sees the database as it is now.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: version
SELECT version FROM list_version;

-- name: count_newer
SELECT (SELECT count(*) FROM entries WHERE version > %(after)s)
    + (SELECT count(*) FROM watchlists w JOIN entries e ON e.watchlist_id = w.id
       WHERE w.version > %(after)s AND e.version <= %(after)s) AS count;

-- name: newer
-- Entries that came or changed after a version, and all of a list that compares plates in another way since.
COPY (
    SELECT e.id, e.plate, CASE WHEN w.match = 'look-alike' THEN e.look_alike END, w.match = 'probability'
    FROM entries e JOIN watchlists w ON w.id = e.watchlist_id WHERE e.version > %(after)s
    UNION ALL
    SELECT e.id, e.plate, CASE WHEN w.match = 'look-alike' THEN e.look_alike END, w.match = 'probability'
    FROM entries e JOIN watchlists w ON w.id = e.watchlist_id WHERE e.version <= %(after)s AND w.version > %(after)s
) TO STDOUT (FORMAT BINARY);
