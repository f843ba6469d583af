-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('anpr alarms', 0));

-- name: raise
-- All of a batch at once: one sender's thousands of hits must not hold up another's alarm. Ids are given in their order.
INSERT INTO alarms (transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id, entry_plate, watchlist_id,
    reason, priority, probability, retro)
SELECT h.transit_id, h.captured_at, %(raised_at)s, h.gate_id, h.camera_id, h.plate, h.entry_id, h.entry_plate,
    h.watchlist_id, h.reason, h.priority, h.probability, %(retro)s
FROM unnest(
    %(transit_id)s::uuid[], %(captured_at)s::timestamptz[], %(gate_id)s::text[], %(camera_id)s::text[],
    %(plate)s::text[], %(entry_id)s::bigint[], %(entry_plate)s::text[], %(watchlist_id)s::text[], %(reason)s::text[],
    %(priority)s::text[], %(probability)s::double precision[]
) WITH ORDINALITY h (transit_id, captured_at, gate_id, camera_id, plate, entry_id, entry_plate, watchlist_id, reason,
    priority, probability, place)
ORDER BY h.place
ON CONFLICT (transit_id, entry_id) DO NOTHING
RETURNING *;

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

-- name: list_board
-- Live alarms that are not closed, in the board's order, after the place (rank, id).
SELECT * FROM alarms
WHERE state <> 'closed' AND NOT retro
  AND alarm_rank(state, priority) >= %(rank)s
  AND (alarm_rank(state, priority) > %(rank)s OR id < %(below)s)
  AND (%(watchlist)s::text IS NULL OR watchlist_id = %(watchlist)s::text)
  AND (%(priority)s::text IS NULL OR priority = %(priority)s::text)
ORDER BY alarm_rank(state, priority), id DESC LIMIT %(limit)s

-- name: list_past
SELECT * FROM alarms WHERE state <> 'closed' AND retro AND id < %(below)s
ORDER BY id DESC LIMIT %(limit)s

-- name: list_closed
SELECT * FROM alarms
WHERE state = 'closed' AND id < %(below)s
  AND (%(watchlist)s::text IS NULL OR watchlist_id = %(watchlist)s::text)
  AND (%(priority)s::text IS NULL OR priority = %(priority)s::text)
ORDER BY id DESC LIMIT %(limit)s

-- name: list_raised_after
SELECT * FROM alarms WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: list_by_id
SELECT * FROM alarms WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id

-- name: list_of_transit
SELECT * FROM alarms WHERE transit_id = %(transit)s ORDER BY id

-- name: view_head
-- The alarms of a list above, in its order, with what is shown beside them: one statement for a page. The capture time
-- leaves out the partitions of all other days.
WITH listed AS MATERIALIZED (

-- name: view_tail
), placed AS (
    SELECT *, row_number() OVER () AS place FROM listed
)
SELECT placed.*, coalesce(gates.name, gate_id) AS gate_name, coalesce(watchlists.name, watchlist_id) AS watchlist_name,
    beside.images, beside.country, beside.images IS NOT NULL AS has_transit,
    -- As acting_may says, with arrays that are made once for all alarms of a page.
    NOT row_security_active('alarms')
        OR coalesce(gate_id <> ALL ((SELECT acting_closed_gates('handle'))::text[]), false)
        OR gate_id = ANY ((SELECT acting_open_gates('handle'))::text[]) AS may_handle,
    NOT row_security_active('images')
        OR coalesce(gate_id <> ALL ((SELECT acting_closed_gates('pictures'))::text[]), false)
        OR gate_id = ANY ((SELECT acting_open_gates('pictures'))::text[]) AS may_view
FROM placed
LEFT JOIN gates ON gates.id = gate_id
LEFT JOIN watchlists ON watchlists.id = watchlist_id
LEFT JOIN LATERAL (
    SELECT images, country FROM transits
    WHERE transits.captured_at = placed.captured_at AND transits.id = placed.transit_id
) AS beside ON true
ORDER BY place

-- name: get
SELECT * FROM alarms WHERE id = %(id)s;

-- name: of_transits
SELECT * FROM alarms WHERE transit_id = ANY (%(ids)s::uuid[]) ORDER BY id;

-- name: acknowledge
UPDATE alarms SET state = 'acknowledged', acknowledged_by = %(by)s, acknowledged_at = %(at)s
WHERE id = %(id)s AND state = 'raised'
RETURNING *;

-- name: close
UPDATE alarms SET state = 'closed', closed_by = %(by)s, closed_at = %(at)s, outcome = %(outcome)s, note = %(note)s,
    acknowledged_by = coalesce(acknowledged_by, %(by)s), acknowledged_at = coalesce(acknowledged_at, %(at)s)
WHERE id = %(id)s AND state <> 'closed'
RETURNING *;

-- name: tally
SELECT state, priority, retro, count(*) AS count FROM alarms WHERE state <> 'closed' GROUP BY state, priority, retro;

-- name: close_left
UPDATE alarms SET state = 'closed', closed_by = %(by)s, closed_at = %(at)s, outcome = 'other', note = %(note)s,
    acknowledged_by = coalesce(acknowledged_by, %(by)s), acknowledged_at = coalesce(acknowledged_at, %(at)s)
WHERE state <> 'closed' AND captured_at < %(before)s
RETURNING id;

-- name: count_left
SELECT count(*) AS count FROM alarms WHERE state <> 'closed' AND captured_at < %(before)s;

-- name: delete
-- An alarm stays as long as its transit is held for a case.
DELETE FROM alarms WHERE captured_at < %(before)s AND state = 'closed'
    AND (captured_at, transit_id) NOT IN
        (SELECT captured_at, transit_id FROM held_transits WHERE ended_at IS NULL AND captured_at < %(before)s);
