-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: last
SELECT max(made_at) AS at FROM handovers WHERE organisation_id = %(organisation)s AND made_at < %(before)s;

-- name: open_alarms
-- What is urgent and nobody has first, then those that somebody has, then as on the board: paper has room for some of them.
SELECT a.id, a.kind, a.priority, a.state, CASE WHEN a.state <> 'raised' THEN a.acknowledged_by END AS holder, a.raised_at,
    a.last_seen_at, seen.gate_id
FROM alarms a
CROSS JOIN LATERAL (
    SELECT gate_id FROM sightings s WHERE s.alarm_id = a.id ORDER BY captured_at DESC, id DESC LIMIT 1
) seen
WHERE a.state <> 'closed' AND NOT a.retro
ORDER BY a.state = 'raised' AND a.priority <> 'high', a.state <> 'raised', alarm_rank(a.state, a.priority), a.id DESC LIMIT %(limit)s;

-- name: closed
SELECT outcome, count(*) AS count FROM alarms
WHERE state = 'closed' AND closed_at >= %(since)s AND closed_at <= %(at)s GROUP BY outcome;

-- name: notes
SELECT id AS event_id, alarm_id FROM alarm_events
WHERE text IS NOT NULL AND author IS NOT NULL AND at >= %(since)s AND at <= %(at)s
  AND kind IN ('noted', 'taken-over', 'handed-over', 'closed')
ORDER BY at DESC, id DESC LIMIT %(limit)s;

-- name: people
-- Users of the organisation who may have alarms, and were logged in at some time of the shift. Of a session that was not ended
-- its last use counts.
SELECT s.user_name AS name, greatest(min(s.started_at), %(since)s) AS first,
    least(max(coalesce(s.ended_at, s.seen_at)), %(at)s) AS last
FROM sessions s JOIN users u ON u.name = s.user_name
WHERE u.role = 'operator' AND u.organisation_id = %(organisation)s
  AND s.started_at <= %(at)s AND coalesce(s.ended_at, s.seen_at) >= %(since)s
GROUP BY s.user_name ORDER BY first, name LIMIT %(limit)s;

-- name: add
INSERT INTO handovers (since, made_at, outgoing, words, gives_alarms, content, digest)
VALUES (%(since)s, %(at)s, %(outgoing)s, %(text)s, %(gives)s, %(content)s, %(digest)s)
RETURNING *;

-- name: get
SELECT * FROM handovers WHERE id = %(id)s;

-- name: lock_one
SELECT * FROM handovers WHERE id = %(id)s FOR UPDATE;

-- name: list
SELECT * FROM handovers WHERE id < %(below)s ORDER BY id DESC LIMIT %(limit)s;

-- name: sign
UPDATE handovers SET incoming = %(by)s, incoming_at = %(at)s, remark = %(remark)s WHERE id = %(id)s AND incoming IS NULL RETURNING *;

-- name: vehicles
-- Of alarms that are still there and seen.
SELECT id, vehicle, state FROM alarms WHERE id = ANY (%(ids)s::bigint[]);

-- name: words
SELECT id, alarm_id, at, author, kind, text FROM alarm_events WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id DESC;

-- name: suppressed
SELECT id, vehicle FROM suppressions WHERE id = ANY (%(ids)s::bigint[]);

-- name: forget
DELETE FROM handovers WHERE made_at < %(before)s;
