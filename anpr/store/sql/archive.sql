-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: list
-- Closed alarms by when they were closed, the newest first, after the place (closed_at, id). taken_at: when somebody first took it;
-- acknowledged_at is that of who has it last. Shown by its newest sighting among those that who asks may see.
SELECT a.*, taken.at AS taken_at, taken.author AS taken_by, seen.transit_id, seen.gate_id, seen.watchlists, seen.seen
FROM alarms a
CROSS JOIN LATERAL (
    SELECT (array_agg(s.transit_id ORDER BY s.captured_at DESC, s.id DESC))[1] AS transit_id,
        (array_agg(s.gate_id ORDER BY s.captured_at DESC, s.id DESC))[1] AS gate_id,
        array_agg(DISTINCT s.watchlist_id) AS watchlists, count(DISTINCT s.transit_id) AS seen,
        coalesce(bool_or(s.watchlist_id = %(watchlist)s::text), false) AS is_of_list, coalesce(bool_or(s.gate_id = %(gate)s::text), false) AS is_at_gate
    FROM sightings s WHERE s.alarm_id = a.id
) seen
LEFT JOIN LATERAL (
    SELECT e.at, e.author FROM alarm_events e
    WHERE e.alarm_id = a.id AND e.kind IN ('acknowledged', 'started', 'closed') AND e.author IS NOT NULL
    ORDER BY e.id LIMIT 1
) taken ON true
WHERE a.state = 'closed' AND a.closed_at >= %(since)s AND a.closed_at < %(until)s
  AND (a.closed_at, a.id) < (%(before)s, %(below)s)
  AND (%(priority)s::text IS NULL OR a.priority = %(priority)s::text)
  AND (%(kind)s::text IS NULL OR a.kind = %(kind)s::text)
  AND (%(outcome)s::text IS NULL OR a.outcome = %(outcome)s::text)
  AND (%(person)s::text IS NULL OR %(person)s::text IN (a.closed_by, a.acknowledged_by, taken.author))
  AND (%(watchlist)s::text IS NULL OR seen.is_of_list)
  AND (%(gate)s::text IS NULL OR seen.is_at_gate)
  AND (%(longer_s)s::integer IS NULL OR coalesce(taken.at, a.closed_at) - a.raised_at > make_interval(secs => %(longer_s)s::integer))
ORDER BY a.closed_at DESC, a.id DESC LIMIT %(limit)s;
