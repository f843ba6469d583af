-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: closed
-- Alarms that people closed in [since, until): an alarm counts at the gate and camera of the read that raised it, and once for each
-- list that names it. What nobody closed until retention did says nothing of reads and times.
WITH closed AS MATERIALIZED (
    SELECT a.id, a.kind, a.outcome, a.closed_at, extract(epoch FROM taken.at - a.raised_at)::double precision AS take_s,
        extract(epoch FROM a.closed_at - a.raised_at)::double precision AS close_s, seen.gate_id, seen.camera_id, seen.watchlists
    FROM alarms a
    CROSS JOIN LATERAL (
        SELECT (array_agg(s.gate_id ORDER BY s.id))[1] AS gate_id, (array_agg(s.camera_id ORDER BY s.id))[1] AS camera_id,
            array_agg(DISTINCT s.watchlist_id) AS watchlists
        FROM sightings s WHERE s.alarm_id = a.id
    ) seen
    CROSS JOIN LATERAL (
        SELECT coalesce(min(e.at), a.closed_at) AS at FROM alarm_events e
        WHERE e.alarm_id = a.id AND e.kind IN ('acknowledged', 'started', 'closed') AND e.author IS NOT NULL
    ) taken
    WHERE a.state = 'closed' AND a.closed_at >= %(since)s AND a.closed_at < %(until)s AND NOT a.retro AND a.closed_by <> %(system)s
), counted AS (
    SELECT 'all' AS what, '' AS item, '' AS gate, closed.* FROM closed
    UNION ALL SELECT 'kind', kind, '', closed.* FROM closed
    UNION ALL SELECT 'gate', gate_id, '', closed.* FROM closed
    UNION ALL SELECT 'camera', camera_id, gate_id, closed.* FROM closed
    UNION ALL SELECT 'list', list, '', closed.* FROM closed CROSS JOIN LATERAL unnest(watchlists) AS list
    UNION ALL SELECT 'day', (closed_at AT TIME ZONE %(zone)s)::date::text, '', closed.* FROM closed
)
SELECT what, item, gate, count(*) AS count,
    count(*) FILTER (WHERE outcome = 'stopped') AS "stopped",
    count(*) FILTER (WHERE outcome = 'not-found') AS "not-found",
    count(*) FILTER (WHERE outcome = 'false-read') AS "false-read",
    count(*) FILTER (WHERE outcome = 'out-of-date') AS "out-of-date",
    count(*) FILTER (WHERE outcome = 'other') AS "other",
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY take_s) AS take_s,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY close_s) AS close_s
FROM counted GROUP BY what, item, gate ORDER BY what, count(*) DESC, item;
