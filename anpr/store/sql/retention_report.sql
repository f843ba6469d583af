-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: one_moment
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: gates
-- What is stored and what was counted, of every gate that is configured or that anything names.
WITH t AS (SELECT gate_id, count(*) AS transits, min(captured_at) AS oldest FROM transits GROUP BY gate_id),
i AS (SELECT gate_id, count(*) AS images, sum(size)::bigint AS image_bytes FROM images GROUP BY gate_id),
d AS (SELECT gate_id, sum(number)::bigint AS discarded FROM discarded_counts GROUP BY gate_id),
ids AS (SELECT id AS gate_id FROM gates UNION SELECT gate_id FROM t UNION SELECT gate_id FROM i UNION SELECT gate_id FROM d)
SELECT gate_id, g.retention_purpose AS purpose, coalesce(g.keep, 'all') AS keep, coalesce(t.transits, 0) AS transits, t.oldest,
    coalesce(i.images, 0) AS images, coalesce(i.image_bytes, 0) AS image_bytes, coalesce(d.discarded, 0) AS discarded
FROM ids
LEFT JOIN gates g ON g.id = gate_id
LEFT JOIN t USING (gate_id)
LEFT JOIN i USING (gate_id)
LEFT JOIN d USING (gate_id)
ORDER BY gate_id;

-- name: purposes
-- What is stored of each purpose that gates name now, or that something was stored for; '' of none. Of each what retention has
-- dropped since a moment, as the audit tells it.
WITH t AS (SELECT purpose, count(*) AS transits, min(captured_at) AS oldest FROM transits GROUP BY purpose),
i AS (SELECT purpose, count(*) AS images, sum(size)::bigint AS image_bytes FROM images GROUP BY purpose),
d AS (
    SELECT coalesce(g.retention_purpose, '') AS purpose, sum(c.number)::bigint AS discarded
    FROM discarded_counts c LEFT JOIN gates g ON g.id = c.gate_id GROUP BY 1
), gone AS (
    SELECT CASE e.key WHEN %(without)s THEN '' ELSE e.key END AS purpose, kind.key AS kind, sum(e.value::bigint)::bigint AS number
    FROM audit a CROSS JOIN LATERAL json_each(a.detail -> 'dropped') kind CROSS JOIN LATERAL json_each_text(kind.value) e
    WHERE a.action = %(action)s AND a.at >= %(since)s AND json_typeof(a.detail -> 'dropped') = 'object' GROUP BY 1, 2
), named AS (
    SELECT '' AS purpose UNION SELECT retention_purpose FROM gates WHERE retention_purpose IS NOT NULL
    UNION SELECT purpose FROM t UNION SELECT purpose FROM i UNION SELECT purpose FROM gone
)
SELECT purpose, coalesce(t.transits, 0) AS transits, t.oldest, coalesce(i.images, 0) AS images,
    coalesce(i.image_bytes, 0) AS image_bytes, coalesce(d.discarded, 0) AS discarded,
    coalesce((SELECT number FROM gone WHERE gone.purpose = named.purpose AND kind = 'transits'), 0) AS dropped_transits,
    coalesce((SELECT number FROM gone WHERE gone.purpose = named.purpose AND kind = 'images'), 0) AS dropped_images
FROM named LEFT JOIN t USING (purpose) LEFT JOIN i USING (purpose) LEFT JOIN d USING (purpose)
ORDER BY purpose;

-- name: tables
SELECT * FROM (
    SELECT 'audit' AS name, count(*) AS rows, min(at) AS oldest FROM audit
    UNION ALL SELECT 'alarms' AS name, count(*) AS rows, min(first_seen_at) AS oldest FROM alarms
    UNION ALL SELECT 'sightings', count(*), min(captured_at) FROM sightings
    UNION ALL SELECT 'counts of erased alarms', count(*), min(day)::timestamptz FROM alarm_counts
    UNION ALL SELECT 'suppressions', count(*), min(since) FROM suppressions
    UNION ALL SELECT 'plates', count(*), NULL FROM plates
    UNION ALL SELECT 'dead letters', count(*), min(received_at) FROM dead_letters
    UNION ALL SELECT 'deliveries', count(*), min(captured_at) FROM deliveries
    UNION ALL SELECT 'holds', count(*), min(since) FROM holds WHERE ended_at IS NULL
    UNION ALL SELECT 'held transits', count(*), min(captured_at)
        FROM (SELECT DISTINCT captured_at, transit_id FROM held_transits WHERE ended_at IS NULL) held
    UNION ALL SELECT 'requests of data subjects', count(*), min(registered_at) FROM subject_requests
    UNION ALL SELECT 'ids of discarded transits', count(*), min(captured_at) FROM discarded_transits
) found ORDER BY name;

-- name: deletions
-- Of the proof of pruned rows what people read.
SELECT seq, at, CASE WHEN action = 'audit-pruned' THEN json_build_object('pruned_from', detail -> 'pruned_from',
    'pruned_to', detail -> 'pruned_to', 'oldest_at', detail -> 'oldest_at', 'newest_at', detail -> 'newest_at',
    'export', detail -> 'export') ELSE detail END AS detail
FROM audit WHERE action = ANY (%(actions)s) ORDER BY seq DESC LIMIT %(limit)s;
