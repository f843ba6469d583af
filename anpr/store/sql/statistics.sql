-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: count_going
-- Closed alarms that retention is about to erase, counted by the UTC day on which they were closed: those whose sightings all go.
-- Call it before sightings and alarms are deleted, in the same transaction. As in `closed`, what nobody closed is left out.
WITH going AS MATERIALIZED (
    SELECT a.organisation_id, a.kind, a.outcome, (a.closed_at AT TIME ZONE 'UTC')::date AS day, seen.gate_id,
        extract(epoch FROM taken.at - a.raised_at) AS take_s
    FROM alarms a
    CROSS JOIN LATERAL (
        SELECT (array_agg(s.gate_id ORDER BY s.id))[1] AS gate_id,
            bool_and(s.captured_at < %(before)s AND (s.captured_at, s.transit_id) NOT IN (
                SELECT captured_at, transit_id FROM held_transits WHERE ended_at IS NULL AND captured_at < %(before)s)) AS all_go
        FROM sightings s WHERE s.alarm_id = a.id
    ) seen
    CROSS JOIN LATERAL (
        SELECT coalesce(min(e.at), a.closed_at) AS at FROM alarm_events e
        WHERE e.alarm_id = a.id AND e.kind IN ('acknowledged', 'started', 'closed') AND e.author IS NOT NULL
    ) taken
    WHERE a.state = 'closed' AND a.first_seen_at < %(before)s AND seen.all_go AND NOT a.retro AND a.closed_by <> %(system)s
), counted AS (
    SELECT organisation_id, day, 'all' AS what, '' AS item FROM going
    UNION ALL SELECT organisation_id, day, 'kind', kind FROM going
    UNION ALL SELECT organisation_id, day, 'gate', gate_id FROM going
    UNION ALL SELECT organisation_id, day, 'outcome', outcome FROM going
    UNION ALL SELECT organisation_id, day, 'take', coalesce((
        SELECT min(most) FROM unnest(%(buckets)s::integer[]) most WHERE take_s <= most)::text, 'more') FROM going
)
INSERT INTO alarm_counts (organisation_id, day, what, item, count)
SELECT organisation_id, day, what, item, count(*) FROM counted GROUP BY organisation_id, day, what, item
ON CONFLICT (organisation_id, day, what, item) DO UPDATE SET count = alarm_counts.count + excluded.count;

-- name: erased
SELECT what, item, sum(count) AS count FROM alarm_counts
WHERE day BETWEEN %(first)s AND %(last)s GROUP BY what, item ORDER BY what, sum(count) DESC, item;

-- name: forget_counts
DELETE FROM alarm_counts WHERE day < %(before)s;

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
