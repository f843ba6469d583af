-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: plan_raised
-- Live alarms with a sighting by one of the lists since then, of the organisation that owns them; however old the alarm is, which
-- a vehicle's later sightings join. The first such sighting is what is told. Local lists leave by their own id only.
INSERT INTO alarm_messages (destination, alarm_id, message, organisation_id, sighting_id, queued_at, next_attempt_at)
SELECT %(destination)s, a.id, 'raised', %(organisation)s, min(s.id), %(now)s, %(now)s
FROM sightings s JOIN alarms a ON a.id = s.alarm_id
    JOIN watchlists w ON w.id = s.watchlist_id JOIN watchlist_owners o ON o.watchlist_id = w.id
WHERE s.raised_at > %(since)s AND NOT s.retro AND NOT a.retro AND o.organisation_id = %(organisation)s
  AND (w.kind = ANY (%(kinds)s) OR (w.id = ANY (%(lists)s) AND w.kind <> 'local') OR w.id = ANY (%(local_lists)s))
  AND NOT EXISTS (SELECT FROM alarm_messages m WHERE m.alarm_id = a.id AND m.destination = %(destination)s)
GROUP BY a.id
ON CONFLICT DO NOTHING;

-- name: supersede_outcomes
-- What waits to be told of a closing that does not hold any more.
UPDATE alarm_messages m SET state = 'superseded', settled_at = %(now)s, reason = 'the alarm was opened again'
FROM alarms a
WHERE m.destination = %(destination)s AND m.message = 'outcome' AND m.state = 'queued' AND a.id = m.alarm_id
  AND m.closed_at IS DISTINCT FROM a.closed_at
RETURNING m.alarm_id, m.message, m.version, m.closed_at, m.sighting_id, m.attempts, m.queued_at;

-- name: plan_outcomes
-- Only of what was told: who never heard of an alarm needs no outcome. Each closing is a version.
INSERT INTO alarm_messages (destination, alarm_id, message, version, organisation_id, sighting_id, outcome, closed_at, queued_at,
    next_attempt_at)
SELECT m.destination, m.alarm_id, 'outcome', coalesce(told.newest, 0) + 1, m.organisation_id, m.sighting_id, a.outcome, a.closed_at,
    %(now)s, %(now)s
FROM alarm_messages m JOIN alarms a ON a.id = m.alarm_id
CROSS JOIN LATERAL (
    SELECT max(o.version) AS newest, coalesce(bool_or(o.closed_at = a.closed_at), false) AS is_known FROM alarm_messages o
    WHERE o.alarm_id = m.alarm_id AND o.destination = m.destination AND o.message = 'outcome'
) told
WHERE m.destination = %(destination)s AND m.message = 'raised' AND m.state IN ('sent', 'accepted') AND a.state = 'closed'
  AND NOT told.is_known
ON CONFLICT DO NOTHING;

-- name: due
SELECT alarm_id, message, version, closed_at, sighting_id, attempts, queued_at FROM alarm_messages
WHERE destination = %(destination)s AND state = 'queued' AND next_attempt_at <= %(now)s
ORDER BY next_attempt_at, alarm_id, message DESC, version LIMIT %(limit)s;

-- name: told
SELECT a.id, a.kind, a.vehicle AS plate, a.priority, a.raised_at, a.outcome, a.closed_at, s.watchlist_id AS list_id,
    coalesce(w.name, s.watchlist_id) AS list_name, s.transit_id, s.captured_at
FROM alarms a JOIN sightings s ON s.id = %(sighting)s LEFT JOIN watchlists w ON w.id = s.watchlist_id
WHERE a.id = %(alarm)s;

-- name: begin
UPDATE alarm_messages SET attempts = attempts + 1, next_attempt_at = %(next)s
WHERE destination = %(destination)s AND alarm_id = %(alarm)s AND message = %(message)s
  AND version = %(version)s AND state = 'queued';

-- name: settle
UPDATE alarm_messages SET state = %(state)s, reason = %(reason)s, next_attempt_at = coalesce(%(next)s, next_attempt_at),
    sent_at = CASE WHEN %(state)s IN ('sent', 'accepted') THEN %(now)s ELSE sent_at END,
    settled_at = CASE WHEN %(state)s <> 'queued' THEN %(now)s END
WHERE destination = %(destination)s AND alarm_id = %(alarm)s AND message = %(message)s
  AND version = %(version)s AND state = 'queued';

-- name: counts
SELECT message, state, count(*) AS count, max(reason) AS reason FROM alarm_messages
WHERE destination = %(destination)s GROUP BY message, state ORDER BY message DESC, state;

-- name: again
UPDATE alarm_messages SET state = 'queued', attempts = 0, queued_at = %(now)s, next_attempt_at = %(now)s, settled_at = NULL,
    reason = NULL
WHERE destination = %(destination)s AND state IN ('rejected', 'dead');

-- name: tallies
SELECT destination, message, state, count(*) AS count FROM alarm_messages
WHERE destination = ANY (%(destinations)s) GROUP BY destination, message, state;

-- name: troubled
-- Given up or rejected lately, or waiting for too long.
SELECT destination, count(*) FILTER (WHERE state <> 'queued') AS lost, count(*) FILTER (WHERE state = 'queued') AS late,
    min(queued_at) AS since
FROM alarm_messages
WHERE (state IN ('rejected', 'dead') AND settled_at > %(lost_since)s) OR (state = 'queued' AND queued_at < %(late_before)s)
GROUP BY destination ORDER BY destination;

-- name: untaken
SELECT destination, alarm_id, message, version, state, attempts, queued_at, sent_at, settled_at, reason, outcome FROM alarm_messages
WHERE destination = %(destination)s AND state IN ('queued', 'rejected', 'dead')
ORDER BY queued_at DESC, alarm_id DESC, message, version DESC LIMIT %(limit)s;

-- name: of_alarm
SELECT destination, alarm_id, message, version, state, attempts, queued_at, sent_at, settled_at, reason, outcome FROM alarm_messages
WHERE alarm_id = %(alarm)s ORDER BY destination, message DESC, version LIMIT %(limit)s;
