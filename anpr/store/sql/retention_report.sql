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

-- name: tables
SELECT * FROM (
    SELECT 'alarms' AS name, count(*) AS rows, min(captured_at) AS oldest FROM alarms
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
SELECT seq, at, detail FROM audit WHERE action = %(action)s ORDER BY seq DESC LIMIT %(limit)s;
