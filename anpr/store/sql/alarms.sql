-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
-- Before any change of any alarm: ids and versions become visible in their order, and of two changes one comes first.
SELECT pg_advisory_xact_lock(hashtextextended('anpr alarms', 0));

-- name: raise
-- All of a batch at once: one sender's thousands of hits must not hold up another's alarm. What a sighting joins is what
-- anpr.domain.alarm.may_join says: the vehicle's open alarm of the list's owner, or one that was settled a moment ago; of those
-- that join none, one alarm for each vehicle and owner. A suppression silences the entries that it was made for, as they were. What was found in the past joins an alarm of now, never the other way round.
-- Ids are given in their order.
WITH hits AS MATERIALIZED (
    SELECT DISTINCT ON (h.transit_id, h.entry_id) h.*, coalesce(o.organisation_id, 'manager') AS organisation_id,
        alarm_urgency(h.priority, h.kind) AS urgency
    FROM unnest(
        %(transit_id)s::uuid[], %(captured_at)s::timestamptz[], %(gate_id)s::text[], %(camera_id)s::text[],
        %(plate)s::text[], %(vehicle)s::text[], %(entry_id)s::bigint[], %(entry_plate)s::text[], %(watchlist_id)s::text[],
        %(reason)s::text[], %(priority)s::text[], %(kind)s::text[], %(probability)s::double precision[]
    ) WITH ORDINALITY h (transit_id, captured_at, gate_id, camera_id, plate, vehicle, entry_id, entry_plate, watchlist_id,
        reason, priority, kind, probability, place)
    LEFT JOIN watchlist_owners o ON o.watchlist_id = h.watchlist_id
    WHERE NOT EXISTS (SELECT FROM sightings s WHERE s.transit_id = h.transit_id AND s.entry_id = h.entry_id)
    ORDER BY h.transit_id, h.entry_id, h.place
), found AS MATERIALIZED (
    SELECT h.*, hushed.id AS suppression_id, coalesce(opened.id, settled.id) AS joins
    FROM hits h
    LEFT JOIN LATERAL (
        SELECT x.id FROM suppressions x
        WHERE x.vehicle = h.vehicle AND x.organisation_id = h.organisation_id AND x.lifted_at IS NULL
          AND (x.gate_id IS NULL OR x.gate_id = h.gate_id) AND h.captured_at >= x.since AND h.captured_at < x.until
          AND h.entry_id = ANY (x.entries)
          AND NOT EXISTS (SELECT FROM entries e WHERE e.id = h.entry_id AND e.edited_at > x.made_at)
        ORDER BY x.id LIMIT 1
    ) hushed ON true
    LEFT JOIN LATERAL (
        SELECT a.id FROM alarms a
        WHERE a.vehicle = h.vehicle AND a.organisation_id = h.organisation_id AND a.state <> 'closed'
          AND (NOT a.retro OR %(retro)s)
        ORDER BY a.retro LIMIT 1
    ) opened ON hushed.id IS NULL
    LEFT JOIN LATERAL (
        SELECT a.id FROM alarms a
        WHERE a.vehicle = h.vehicle AND a.organisation_id = h.organisation_id AND a.state = 'closed'
          AND a.closed_at > %(raised_at)s - %(join_after_close)s::interval AND a.outcome = ANY (%(settled)s::text[])
          AND (NOT a.retro OR %(retro)s)
          AND EXISTS (SELECT FROM sightings s WHERE s.alarm_id = a.id AND s.entry_id = h.entry_id)
        ORDER BY a.closed_at DESC LIMIT 1
    ) settled ON hushed.id IS NULL AND opened.id IS NULL
), fresh AS (
    INSERT INTO alarms (vehicle, organisation_id, kind, priority, retro, raised_at, first_seen_at, last_seen_at)
    SELECT vehicle, organisation_id, (array_agg(kind ORDER BY urgency, place))[1],
        (array_agg(priority ORDER BY urgency, place))[1], %(retro)s, %(raised_at)s, min(captured_at), max(captured_at)
    FROM found WHERE suppression_id IS NULL AND joins IS NULL
    GROUP BY vehicle, organisation_id ORDER BY min(place)
    RETURNING id, vehicle, organisation_id
), placed AS MATERIALIZED (
    SELECT f.*, coalesce(f.joins, n.id) AS alarm_id, n.id IS NOT NULL AS is_new
    FROM found f LEFT JOIN fresh n
        ON f.suppression_id IS NULL AND f.joins IS NULL AND n.vehicle = f.vehicle AND n.organisation_id = f.organisation_id
), grown AS (
    UPDATE alarms a SET version = nextval('alarm_versions'),
        first_seen_at = least(a.first_seen_at, j.first), last_seen_at = greatest(a.last_seen_at, j.last),
        kind = CASE WHEN j.urgency < alarm_urgency(a.priority, a.kind) THEN j.kind ELSE a.kind END,
        priority = CASE WHEN j.urgency < alarm_urgency(a.priority, a.kind) THEN j.priority ELSE a.priority END
    FROM (
        SELECT joins AS id, min(captured_at) AS first, max(captured_at) AS last, min(urgency) AS urgency,
            (array_agg(kind ORDER BY urgency, place))[1] AS kind, (array_agg(priority ORDER BY urgency, place))[1] AS priority
        FROM found WHERE joins IS NOT NULL GROUP BY joins
    ) j
    WHERE a.id = j.id
), logged AS (
    INSERT INTO alarm_events (alarm_id, at, kind, detail)
    SELECT alarm_id, %(raised_at)s, CASE WHEN is_new THEN 'raised' ELSE 'sighted' END, jsonb_build_object('sightings', count(*))
    FROM placed WHERE alarm_id IS NOT NULL GROUP BY alarm_id, is_new ORDER BY alarm_id
), stored AS (
    INSERT INTO sightings (alarm_id, transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id, entry_plate,
        watchlist_id, reason, priority, probability, retro, suppression_id)
    SELECT alarm_id, transit_id, captured_at, %(raised_at)s, gate_id, camera_id, plate, entry_id, entry_plate, watchlist_id,
        reason, priority, probability, %(retro)s, suppression_id
    FROM placed ORDER BY place
    RETURNING *
)
SELECT stored.*, coalesce(stored.alarm_id IN (SELECT id FROM fresh), false) AS is_new FROM stored ORDER BY stored.id;

-- name: notify
SELECT pg_notify(%(channel)s, payload) FROM unnest(%(payloads)s::text[]) payload;

-- name: list_newest
SELECT * FROM alarms
WHERE (%(states)s::text[] IS NULL OR state = ANY (%(states)s::text[]))
  AND (%(retro)s::boolean IS NULL OR retro = %(retro)s::boolean)
ORDER BY id DESC LIMIT %(limit)s;

-- name: list_after
SELECT * FROM alarms
WHERE id > %(after_id)s AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s::text[]))
  AND (%(retro)s::boolean IS NULL OR retro = %(retro)s::boolean)
ORDER BY id LIMIT %(limit)s;

-- name: list_some
SELECT * FROM alarms WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id;

-- name: sightings_newest
SELECT * FROM sightings WHERE %(alarm)s::bigint IS NULL OR alarm_id = %(alarm)s::bigint ORDER BY id DESC LIMIT %(limit)s;

-- name: sightings_of_transits
SELECT * FROM sightings WHERE transit_id = ANY (%(ids)s::uuid[]) ORDER BY id;

-- name: list_board
-- Live alarms that are not closed, in the board's order, after the place (rank, id).
SELECT * FROM alarms
WHERE state <> 'closed' AND NOT retro
  AND alarm_rank(state, priority) >= %(rank)s
  AND (alarm_rank(state, priority) > %(rank)s OR id < %(below)s)
  AND (%(watchlist)s::text IS NULL OR EXISTS (
    SELECT FROM sightings s WHERE s.alarm_id = alarms.id AND s.watchlist_id = %(watchlist)s::text))
  AND (%(priority)s::text IS NULL OR priority = %(priority)s::text)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)
  AND (%(gate)s::text IS NULL OR EXISTS (
    SELECT FROM sightings s WHERE s.alarm_id = alarms.id AND s.gate_id = %(gate)s::text))
  AND (%(holder)s::text IS NULL OR acknowledged_by = %(holder)s::text)
  AND (NOT %(untaken)s::boolean OR state = 'raised')
ORDER BY alarm_rank(state, priority), id DESC LIMIT %(limit)s

-- name: list_patrol
-- Live alarms of an area (gates; none: all), those that the patrol has, and those that were sent to it: its own first, then in the board's order.
SELECT * FROM alarms
WHERE state <> 'closed' AND NOT retro
  AND (acknowledged_by = %(user)s OR cardinality(%(area)s::text[]) = 0
    OR EXISTS (SELECT FROM sightings s WHERE s.alarm_id = alarms.id AND s.gate_id = ANY (%(area)s::text[]))
    OR EXISTS (SELECT FROM alarm_events e WHERE e.alarm_id = alarms.id AND e.kind = 'dispatched' AND e.text = %(user)s))
ORDER BY acknowledged_by IS NOT DISTINCT FROM %(user)s DESC, alarm_rank(state, priority), id DESC LIMIT %(limit)s

-- name: count_board
-- As list_board, without a place.
SELECT count(*) AS count FROM alarms
WHERE state <> 'closed' AND NOT retro
  AND (%(watchlist)s::text IS NULL OR EXISTS (
    SELECT FROM sightings s WHERE s.alarm_id = alarms.id AND s.watchlist_id = %(watchlist)s::text))
  AND (%(priority)s::text IS NULL OR priority = %(priority)s::text)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)
  AND (%(gate)s::text IS NULL OR EXISTS (
    SELECT FROM sightings s WHERE s.alarm_id = alarms.id AND s.gate_id = %(gate)s::text))
  AND (%(holder)s::text IS NULL OR acknowledged_by = %(holder)s::text)
  AND (NOT %(untaken)s::boolean OR state = 'raised');

-- name: list_past
SELECT * FROM alarms WHERE state <> 'closed' AND retro AND id < %(below)s
ORDER BY id DESC LIMIT %(limit)s

-- name: list_raised_after
SELECT * FROM alarms WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: list_changed_after
SELECT * FROM alarms WHERE version > %(after)s ORDER BY version LIMIT %(limit)s

-- name: list_by_id
SELECT * FROM alarms WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id

-- name: list_of_transit
SELECT * FROM alarms WHERE id IN (SELECT alarm_id FROM sightings WHERE transit_id = %(transit)s) ORDER BY id

-- name: newest
SELECT coalesce(max(id), 0) AS id, coalesce(max(version), 0) AS version FROM alarms;

-- name: view_head
-- The alarms of a list above, in its order, with what is shown beside them: one statement for a page, a row for each sighting that
-- is shown. The capture time leaves out the partitions of all other days.
WITH listed AS MATERIALIZED (

-- name: view_tail
), placed AS (
    SELECT *, row_number() OVER () AS place FROM listed
)
SELECT placed.*, s.*, coalesce(gates.name, s_gate_id) AS gate_name, coalesce(watchlists.name, s_watchlist_id) AS watchlist_name,
    beside.images, beside.country, beside.direction, beside.images IS NOT NULL AS has_transit, logged.events,
    CASE WHEN nth = 1 THEN acting_instructions(entry_ids, watchlists) END AS instructions,
    NOT row_security_active('images')
        OR coalesce(s_gate_id <> ALL ((SELECT acting_closed_gates('pictures'))::text[]), false)
        OR s_gate_id = ANY ((SELECT acting_open_gates('pictures'))::text[]) AS may_view
FROM placed
CROSS JOIN LATERAL (
    SELECT s.id AS s_id, s.transit_id AS s_transit_id, s.captured_at AS s_captured_at, s.raised_at AS s_raised_at,
        s.gate_id AS s_gate_id, s.camera_id AS s_camera_id, s.plate AS s_plate, s.entry_id AS s_entry_id,
        s.entry_plate AS s_entry_plate, s.watchlist_id AS s_watchlist_id, s.reason AS s_reason, s.priority AS s_priority,
        s.probability AS s_probability, s.retro AS s_retro,
        count(*) OVER () AS seen,
        -- As acting_may says, with arrays that are made once for all alarms of a page.
        bool_or(NOT row_security_active('alarms')
            OR coalesce(s.gate_id <> ALL ((SELECT acting_closed_gates('handle'))::text[]), false)
            OR s.gate_id = ANY ((SELECT acting_open_gates('handle'))::text[])) OVER () AS may_handle,
        array_agg(s.watchlist_id) OVER () AS watchlists, array_agg(s.gate_id) OVER () AS gate_ids,
        array_agg(s.entry_id) OVER () AS entry_ids,
        row_number() OVER (ORDER BY s.transit_id = %(transit)s::uuid DESC NULLS LAST, s.captured_at DESC,
            array_position(ARRAY['high', 'medium', 'low'], s.priority), s.id) AS nth
    FROM sightings s WHERE s.alarm_id = placed.id
) s
LEFT JOIN gates ON gates.id = s_gate_id
LEFT JOIN watchlists ON watchlists.id = s_watchlist_id
LEFT JOIN LATERAL (
    SELECT images, country, direction FROM transits
    WHERE nth = 1 AND transits.captured_at = s_captured_at AND transits.id = s_transit_id
) AS beside ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) AS events FROM (
        SELECT id, at, author, kind, text FROM alarm_events
        WHERE nth = 1 AND alarm_id = placed.id AND kind NOT IN ('raised', 'sighted', 'merged')
        ORDER BY id DESC LIMIT %(most_events)s
    ) e
) AS logged ON true
WHERE nth <= %(most_sightings)s
ORDER BY place, nth

-- name: get
SELECT * FROM alarms WHERE id = %(id)s;

-- name: acknowledge
UPDATE alarms SET state = 'acknowledged', acknowledged_by = %(by)s, acknowledged_at = %(at)s, version = nextval('alarm_versions')
WHERE id = %(id)s AND state = 'raised'
RETURNING *;

-- name: start
UPDATE alarms SET state = 'in-progress', acknowledged_by = %(by)s, acknowledged_at = coalesce(acknowledged_at, %(at)s),
    version = nextval('alarm_versions')
WHERE id = %(id)s AND (state = 'raised' OR (state = 'acknowledged' AND acknowledged_by = %(by)s))
RETURNING *;

-- name: arrive
UPDATE alarms SET state = 'in-progress', acknowledged_by = coalesce(acknowledged_by, %(by)s),
    acknowledged_at = coalesce(acknowledged_at, %(at)s), version = nextval('alarm_versions')
WHERE id = %(id)s AND state <> 'closed'
RETURNING *;

-- name: release
UPDATE alarms SET state = 'raised', acknowledged_by = NULL, acknowledged_at = NULL, version = nextval('alarm_versions')
WHERE id = %(id)s AND state IN ('acknowledged', 'in-progress') AND acknowledged_by = %(by)s
RETURNING *;

-- name: give
-- From whoever has it to somebody else, who has not begun yet.
UPDATE alarms SET state = 'acknowledged', acknowledged_by = %(to)s, acknowledged_at = %(at)s, version = nextval('alarm_versions')
WHERE id = %(id)s AND state IN ('acknowledged', 'in-progress') AND acknowledged_by = %(from)s AND acknowledged_by <> %(to)s
RETURNING *;

-- name: touch
UPDATE alarms SET version = nextval('alarm_versions') WHERE id = %(id)s AND state <> 'closed' RETURNING *;

-- name: close
UPDATE alarms SET state = 'closed', closed_by = %(by)s, closed_at = %(at)s, outcome = %(outcome)s, note = %(note)s,
    acknowledged_by = coalesce(acknowledged_by, %(by)s), acknowledged_at = coalesce(acknowledged_at, %(at)s),
    version = nextval('alarm_versions')
WHERE id = %(id)s AND state <> 'closed'
RETURNING *;

-- name: reopen
UPDATE alarms SET state = 'acknowledged', acknowledged_by = %(by)s, acknowledged_at = %(at)s, closed_by = NULL, closed_at = NULL,
    outcome = NULL, note = NULL, version = nextval('alarm_versions')
WHERE id = %(id)s AND state = 'closed' AND closed_at >= %(since)s
RETURNING *;

-- name: open_of_vehicle
SELECT * FROM alarms WHERE vehicle = %(vehicle)s AND organisation_id = %(organisation)s AND retro = %(retro)s AND state <> 'closed';

-- name: open_anew
-- Also where the other one is not visible to who asks.
SELECT is_open_anew(%(id)s) AS other;

-- name: log
INSERT INTO alarm_events (alarm_id, at, author, kind, text, detail)
VALUES (%(alarm)s, %(at)s, %(author)s, %(kind)s, %(text)s, %(detail)s);

-- name: events
SELECT id, alarm_id, at, author, kind, text FROM alarm_events WHERE alarm_id = %(alarm)s ORDER BY id DESC LIMIT %(limit)s;

-- name: suppress
-- Of the entries that the alarm names to who asks.
INSERT INTO suppressions (vehicle, gate_id, since, until, author, made_at, reason, entries)
VALUES (%(vehicle)s, %(gate)s, %(at)s, %(until)s, %(by)s, %(at)s, %(reason)s,
    ARRAY(SELECT DISTINCT entry_id FROM sightings WHERE alarm_id = %(alarm)s))
RETURNING *;

-- name: lift
UPDATE suppressions SET lifted_by = %(by)s, lifted_at = %(at)s WHERE id = %(id)s AND lifted_at IS NULL AND until > %(at)s RETURNING *;

-- name: suppressions
SELECT * FROM suppressions WHERE lifted_at IS NULL AND until > %(at)s ORDER BY until, id LIMIT %(limit)s;

-- name: counted_suppressions
-- Those that hold at this moment, then those that ended since the other, each with what it kept from being an alarm.
SELECT x.*, kept.count, kept.newest
FROM suppressions x LEFT JOIN LATERAL (
    SELECT count(*) AS count, max(s.captured_at) AS newest FROM sightings s WHERE s.suppression_id = x.id
) kept ON true
WHERE least(x.until, x.lifted_at) > %(since)s
ORDER BY x.lifted_at IS NOT NULL OR x.until <= %(at)s, least(x.until, x.lifted_at), x.id LIMIT %(limit)s;

-- name: suppressed_of_vehicle
-- Of the suppressions that who asks may see.
SELECT s.* FROM suppressions x JOIN sightings s ON s.suppression_id = x.id
WHERE x.vehicle = %(vehicle)s ORDER BY s.captured_at DESC, s.id DESC LIMIT %(limit)s;

-- name: forget_suppressions
-- Those that a sighting names stay as long as it does.
DELETE FROM suppressions x WHERE least(x.until, x.lifted_at) < %(before)s
    AND NOT EXISTS (SELECT FROM sightings s WHERE s.suppression_id = x.id);

-- name: tally
SELECT state, priority, retro, count(*) AS count FROM alarms WHERE state <> 'closed' GROUP BY state, priority, retro;

-- name: close_left
-- Its first sighting counts: a vehicle that passes every day would keep an alarm that nobody looks at for good.
UPDATE alarms SET state = 'closed', closed_by = %(by)s, closed_at = %(at)s, outcome = 'other', note = %(note)s,
    acknowledged_by = coalesce(acknowledged_by, %(by)s), acknowledged_at = coalesce(acknowledged_at, %(at)s),
    version = nextval('alarm_versions')
WHERE state <> 'closed' AND first_seen_at < %(before)s
RETURNING id;

-- name: log_closed
INSERT INTO alarm_events (alarm_id, at, author, kind, text, detail)
SELECT id, %(at)s, %(by)s, 'closed', %(note)s, '{"outcome": "other"}' FROM unnest(%(ids)s::bigint[]) id;

-- name: settle_past
-- FOR UPDATE: only those that who asks may handle count against the limit.
UPDATE alarms SET state = 'closed', closed_by = %(by)s, closed_at = %(at)s, outcome = 'other', note = %(note)s,
    acknowledged_by = %(by)s, acknowledged_at = %(at)s, version = nextval('alarm_versions')
WHERE id IN (SELECT id FROM alarms WHERE retro AND state = 'raised' AND id <= %(newest)s ORDER BY id DESC LIMIT %(limit)s FOR UPDATE)
RETURNING id;

-- name: reopen_past
UPDATE alarms a SET state = 'raised', acknowledged_by = NULL, acknowledged_at = NULL, closed_by = NULL, closed_at = NULL,
    outcome = NULL, note = NULL, version = nextval('alarm_versions')
WHERE a.state = 'closed' AND a.retro AND a.outcome = 'other' AND a.closed_by = %(by)s AND a.closed_at = %(settled_at)s
  AND a.closed_at >= %(since)s
  AND NOT is_open_anew(a.id)
RETURNING id;

-- name: last_settled_past
SELECT closed_at, count(*) AS count FROM alarms
WHERE state = 'closed' AND retro AND outcome = 'other' AND closed_by = %(by)s AND closed_at >= %(since)s
GROUP BY closed_at ORDER BY closed_at DESC LIMIT 1;

-- name: log_reopened
INSERT INTO alarm_events (alarm_id, at, author, kind, detail)
SELECT id, %(at)s, %(by)s, 'reopened', '{"was": "other"}' FROM unnest(%(ids)s::bigint[]) id;

-- name: count_left
SELECT count(*) AS count FROM alarms WHERE state <> 'closed' AND first_seen_at < %(before)s;

-- name: delete_sightings
-- Those of closed alarms, and those without one. A sighting stays as long as its transit is held for a case.
DELETE FROM sightings s WHERE s.captured_at < %(before)s
    AND NOT EXISTS (SELECT FROM alarms a WHERE a.id = s.alarm_id AND a.state <> 'closed')
    AND (s.captured_at, s.transit_id) NOT IN
        (SELECT captured_at, transit_id FROM held_transits WHERE ended_at IS NULL AND captured_at < %(before)s);

-- name: delete
-- An alarm goes with the last of its sightings.
DELETE FROM alarms a WHERE a.state = 'closed' AND a.first_seen_at < %(before)s
    AND NOT EXISTS (SELECT FROM sightings s WHERE s.alarm_id = a.id);
