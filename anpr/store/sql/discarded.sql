-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: discard
INSERT INTO discarded_transits (captured_at, transit_id)
SELECT * FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[])
ON CONFLICT DO NOTHING
RETURNING transit_id;

-- name: count
INSERT INTO discarded_counts (gate_id, hour, number, last_at)
SELECT * FROM unnest(%(gate_id)s::text[], %(hour)s::timestamptz[], %(number)s::bigint[], %(last_at)s::timestamptz[])
ON CONFLICT (gate_id, hour) DO UPDATE SET
    number = discarded_counts.number + excluded.number, last_at = greatest(discarded_counts.last_at, excluded.last_at);

-- name: discarded
-- OFFSET 0 keeps it a look into one index for each: joined, whole days would be read.
SELECT k.place
FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[]) WITH ORDINALITY k (captured_at, id, place)
CROSS JOIN LATERAL (
    SELECT FROM discarded_transits d WHERE d.captured_at = k.captured_at AND d.transit_id = k.id OFFSET 0
) d;

-- name: drop_images
SELECT * FROM drop_discarded_images(%(moments)s::timestamptz[], %(ids)s::uuid[]) AS path;

-- name: not_kept
-- Gates that keep hits only now, and those that did within the hours of [since, until).
SELECT gate_id, sum(number)::bigint AS number, max(last_at) AS last_at
FROM (
    SELECT gate_id, number, last_at FROM discarded_counts
    WHERE hour > %(since)s::timestamptz - interval '1 hour' AND (%(until)s::timestamptz IS NULL OR hour < %(until)s)
    UNION ALL
    SELECT id, 0, NULL FROM gates WHERE keep = 'hits'
) found
WHERE %(gate_ids)s::text[] IS NULL OR gate_id = ANY (%(gate_ids)s)
GROUP BY gate_id ORDER BY gate_id;

-- name: by_purpose
SELECT coalesce(g.retention_purpose, 'unknown') AS purpose, sum(c.number)::bigint AS number
FROM discarded_counts c LEFT JOIN gates g ON g.id = c.gate_id
WHERE c.hour >= %(since)s AND c.hour < %(until)s AND acting_may('forward', c.gate_id)
GROUP BY 1 ORDER BY 1;

-- name: rows_of_day
SELECT count(*) AS count FROM discarded_transits WHERE captured_at >= %(since)s AND captured_at < %(until)s;

-- name: forget_counts
DELETE FROM discarded_counts WHERE hour < %(before)s;
