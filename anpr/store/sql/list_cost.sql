-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: replay
-- What a list would have raised in [since, before): of the transits that one may see, those that its entries (or those of a
-- file, in staging_entries) match by the given rule. A transit counts once, as an exact one where it is one.
WITH wanted AS MATERIALIZED (
    SELECT plate, look_alike, coalesce(valid_from, '-infinity') AS begins, coalesce(valid_to, 'infinity') AS ends
    FROM entries WHERE NOT %(from_file)s AND watchlist_id = %(watchlist_id)s
    UNION ALL
    SELECT plate, look_alike, coalesce(valid_from, '-infinity'), coalesce(valid_to, 'infinity')
    FROM staging_entries WHERE %(from_file)s
), partial AS MATERIALIZED (
    SELECT begins, ends, plate_like(plate) COLLATE "C" AS pattern, plate_like(look_alike) COLLATE "C" AS folded,
        CASE WHEN left(plate, 3) !~ '[*?]' THEN 'first' WHEN right(plate, 3) !~ '[*?]' THEN 'last' ELSE 'other' END AS known
    FROM wanted WHERE plate ~ '[*?]'
), seen AS MATERIALIZED (
    -- Once, as row-level security looks at each row.
    SELECT id, captured_at, plate, look_alike, CASE %(match)s WHEN 'probability' THEN candidates END AS candidates
    FROM transits WHERE captured_at >= %(since)s AND captured_at < %(before)s
), hits AS MATERIALIZED (
    SELECT t.id, t.captured_at, true AS is_exact FROM seen t JOIN wanted w ON w.plate = t.plate
    WHERE t.captured_at >= w.begins AND t.captured_at < w.ends
    UNION ALL
    SELECT t.id, t.captured_at, false FROM seen t JOIN wanted w ON w.look_alike = t.look_alike
    WHERE %(match)s = 'look-alike' AND w.plate <> t.plate
      AND t.captured_at >= w.begins AND t.captured_at < w.ends
    UNION ALL
    SELECT t.id, t.captured_at, false FROM seen t
    CROSS JOIN LATERAL (
        SELECT c ->> 0 AS text, sum((c ->> 1)::float8) AS probability
        FROM jsonb_array_elements(t.candidates) c WHERE c ->> 0 <> t.plate GROUP BY c ->> 0
        HAVING sum((c ->> 1)::float8) >= %(min_probability)s
    ) c JOIN wanted w ON w.plate = c.text
    WHERE %(match)s = 'probability'
      AND t.captured_at >= w.begins AND t.captured_at < w.ends
    UNION ALL
    -- Partial plates by their first or last signs; those that begin and end with * by each of them.
    SELECT t.id, t.captured_at, t.plate LIKE p.pattern FROM seen t
    JOIN partial p ON p.known = 'first' AND left(t.look_alike, 3) = left(p.folded, 3) AND t.look_alike LIKE p.folded
    WHERE (%(match)s = 'look-alike' OR t.plate LIKE p.pattern)
      AND t.captured_at >= p.begins AND t.captured_at < p.ends
    UNION ALL
    SELECT t.id, t.captured_at, t.plate LIKE p.pattern FROM seen t
    JOIN partial p ON p.known = 'last' AND right(t.look_alike, 3) = right(p.folded, 3) AND t.look_alike LIKE p.folded
    WHERE (%(match)s = 'look-alike' OR t.plate LIKE p.pattern)
      AND t.captured_at >= p.begins AND t.captured_at < p.ends
    UNION ALL
    SELECT t.id, t.captured_at, t.plate LIKE p.pattern FROM seen t
    JOIN (SELECT * FROM partial WHERE known = 'other' LIMIT %(most_loose)s) p ON t.look_alike LIKE p.folded
    WHERE (%(match)s = 'look-alike' OR t.plate LIKE p.pattern)
      AND t.captured_at >= p.begins AND t.captured_at < p.ends
), raised AS MATERIALIZED (
    SELECT id, max(captured_at) AS captured_at, bool_or(is_exact) AS is_exact FROM hits GROUP BY id
), shown AS (
    -- Those that have a picture of the plate which one may see; looked for among the first few only.
    SELECT id, is_exact FROM (
        SELECT * FROM raised ORDER BY is_exact, captured_at DESC LIMIT 20 * %(examples)s
    ) first WHERE EXISTS (
        SELECT FROM images i WHERE i.captured_at = first.captured_at AND i.transit_id = first.id AND i.role = 'plate'
    ) ORDER BY is_exact, captured_at DESC LIMIT %(examples)s
)
SELECT (SELECT count(*) FROM raised) AS alarms, (SELECT count(*) FROM raised WHERE NOT is_exact) AS doubtful,
    (SELECT count(*) FROM seen) AS transits,
    greatest(0, (SELECT count(*) FROM partial WHERE known = 'other') - %(most_loose)s) AS left_out,
    coalesce((SELECT array_agg(id ORDER BY is_exact, id DESC) FROM shown), '{}') AS examples;
