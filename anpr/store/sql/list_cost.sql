-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: plan
-- How the next statement of this transaction is planned, which knows nothing of what the list has in common with a day: all by
-- hashes that are held in memory: 60 MB for a list of a million. Twice work_mem is what a set may need to be hashed at all, 9 million
-- entries; a larger one would be read anew for each candidate.
SELECT set_config(name, setting, true) FROM (VALUES
    ('work_mem', '256MB'), ('enable_nestloop', 'off'), ('enable_mergejoin', 'off'), ('enable_memoize', 'off')
) settings (name, setting);

-- name: replay
-- What a list would have raised in [since, before): of the transits that one may see, those that its entries (or those of a
-- file, in staging_entries) match by the given rule. A transit counts once, as an exact one where it is one.
WITH wanted AS MATERIALIZED (
    SELECT plate, look_alike, coalesce(valid_from, '-infinity') AS begins, coalesce(valid_to, 'infinity') AS ends
    FROM entries WHERE NOT %(from_file)s AND watchlist_id = %(watchlist_id)s
    UNION ALL
    SELECT plate, look_alike, coalesce(valid_from, '-infinity'), coalesce(valid_to, 'infinity')
    FROM staging_entries WHERE %(from_file)s
), every_partial AS MATERIALIZED (
    SELECT begins, ends, plate, plate_like(plate) COLLATE "C" AS pattern, plate_like(look_alike) COLLATE "C" AS folded,
        CASE WHEN left(plate, 3) !~ '[*?]' THEN 'first' WHEN right(plate, 3) !~ '[*?]' THEN 'last' ELSE 'other' END AS known
    FROM wanted WHERE plate ~ '[*?]'
), partial AS MATERIALIZED (
    SELECT * FROM every_partial WHERE known <> 'other'
), others AS MATERIALIZED (
    SELECT * FROM every_partial WHERE known = 'other' LIMIT %(most_loose)s
), seen AS MATERIALIZED (
    -- Once, as row-level security looks at each row.
    SELECT id, captured_at, plate, look_alike
    FROM transits WHERE captured_at >= %(since)s AND captured_at < %(before)s
), plates AS MATERIALIZED (
    -- Distinct, here and below: of these alone the planner knows that they are the side to be hashed, not a day of transits.
    SELECT DISTINCT plate FROM wanted
), look_alikes AS MATERIALIZED (
    SELECT DISTINCT look_alike FROM wanted WHERE %(match)s = 'look-alike'
), listed AS MATERIALIZED (
    SELECT t.* FROM seen t JOIN plates USING (plate)
), alike AS MATERIALIZED (
    SELECT t.* FROM seen t JOIN look_alikes USING (look_alike)
), firsts AS MATERIALIZED (
    SELECT DISTINCT left(pattern, 3) COLLATE "C" AS three FROM partial WHERE known = 'first'
), lasts AS MATERIALIZED (
    SELECT DISTINCT right(pattern, 3) COLLATE "C" AS three FROM partial WHERE known = 'last'
), named AS MATERIALIZED (
    -- What a plate may be besides, where that is listed or begins or ends like a partial plate. IN, as of a set that is hashed once
    -- each candidate asks in turn: three joins would take each transit's candidates apart three times.
    SELECT t.id, t.captured_at, c.text, c.probability
    FROM transits t CROSS JOIN LATERAL (
        SELECT (c ->> 0) COLLATE "C" AS text, (c ->> 1)::float8 AS probability FROM jsonb_array_elements(t.candidates) c
    ) c
    WHERE %(match)s = 'probability' AND t.captured_at >= %(since)s AND t.captured_at < %(before)s AND c.text <> t.plate
      AND (c.text IN (SELECT plate FROM plates) OR left(c.text, 3) IN (SELECT three FROM firsts)
          OR right(c.text, 3) IN (SELECT three FROM lasts))
), shares AS (
    -- Of an entry: a partial one stands for several texts.
    SELECT n.id, n.captured_at, n.probability, w.plate, w.begins, w.ends FROM named n JOIN wanted w ON w.plate = n.text
    UNION ALL
    SELECT b.id, b.captured_at, b.probability, p.plate, p.begins, p.ends FROM named b
    JOIN partial p ON p.known = 'first' AND left(p.pattern, 3) = left(b.text, 3) AND b.text LIKE p.pattern
    UNION ALL
    SELECT e.id, e.captured_at, e.probability, p.plate, p.begins, p.ends FROM named e
    JOIN partial p ON p.known = 'last' AND right(p.pattern, 3) = right(e.text, 3) AND e.text LIKE p.pattern
    UNION ALL
    SELECT t.id, t.captured_at, (c ->> 1)::float8, p.plate, p.begins, p.ends
    FROM others p JOIN transits t ON %(match)s = 'probability' AND t.captured_at >= %(since)s AND t.captured_at < %(before)s
    CROSS JOIN LATERAL jsonb_array_elements(t.candidates) c WHERE c ->> 0 <> t.plate AND c ->> 0 LIKE p.pattern
), hits AS MATERIALIZED (
    SELECT t.id, t.captured_at, true AS is_exact FROM listed t JOIN wanted w ON w.plate = t.plate
    WHERE t.captured_at >= w.begins AND t.captured_at < w.ends
    UNION ALL
    SELECT t.id, t.captured_at, false FROM alike t JOIN wanted w ON w.look_alike = t.look_alike
    WHERE %(match)s = 'look-alike' AND w.plate <> t.plate
      AND t.captured_at >= w.begins AND t.captured_at < w.ends
    UNION ALL
    SELECT id, captured_at, false FROM shares WHERE captured_at >= begins AND captured_at < ends
    GROUP BY id, captured_at, plate, begins, ends HAVING sum(probability) >= %(min_probability)s
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
    JOIN others p ON t.look_alike LIKE p.folded
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
    greatest(0, (SELECT count(*) FROM every_partial WHERE known = 'other') - %(most_loose)s) AS left_out,
    coalesce((SELECT array_agg(id ORDER BY is_exact, id DESC) FROM shown), '{}') AS examples;
