-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Pieces of a search with conditions, put together by search_sql.py: a condition that is not asked is not there, so that
-- the planner sees what is asked. Searches of a plate alone are whole, in transits.sql.

-- name: columns
t.captured_at, t.id, t.received_at, t.gate_id, t.camera_id, t.reader_id, t.first_seen, t.last_seen, t.plate, t.look_alike, t.raw,
    t.confidence, t.candidates, t.reads, t.box_x, t.box_y, t.box_w, t.box_h, t.country, t.direction, t.lane, t.images, t.signature

-- name: point_columns
t.captured_at, t.id, t.gate_id, t.plate

-- name: from_exact
transits t WHERE t.plate = %(text)s

-- name: from_look_alike_exact
look_alikes_of(%(folded)s) p (plate) JOIN transits t ON t.plate = p.plate WHERE true

-- name: from_wildcard
plates_like(%(folded)s, %(text)s) p (plate) JOIN transits t ON t.plate = p.plate WHERE true

-- name: from_look_alike_wildcard
look_alikes_like(%(folded)s) p (plate) JOIN transits t ON t.plate = p.plate WHERE true

-- name: from_gates
-- Each window of each gate by the index on gate and time; ordered within, so that each stops where enough is found.
unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) w (starts, ends) CROSS JOIN unnest(%(gate_ids)s::text[]) g (gate_id)
CROSS JOIN LATERAL

-- name: of_gate
transits t WHERE t.gate_id = g.gate_id AND t.captured_at >= w.starts AND t.captured_at < w.ends

-- name: from_any
transits t WHERE true

-- name: if_since
AND t.captured_at >= %(since)s::timestamptz

-- name: if_until
AND t.captured_at < %(until)s::timestamptz

-- name: if_received_until
AND t.received_at <= %(received_until)s::timestamptz

-- name: if_gates
AND t.gate_id = ANY (%(gate_ids)s::text[])

-- name: if_windows
AND EXISTS (SELECT FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) w (starts, ends)
    WHERE t.captured_at >= w.starts AND t.captured_at < w.ends)

-- name: if_excluded
AND t.plate NOT LIKE ALL (%(excluded)s::text[])

-- name: if_direction
AND t.direction = %(direction)s

-- name: if_lane
AND t.lane = %(lane)s

-- name: if_country
AND t.country = %(country)s

-- name: if_least_confidence
AND t.confidence >= %(least_confidence)s

-- name: if_kinds
-- Also of sightings that were suppressed their list is known, and no kind: those are of no alarm.
AND EXISTS (SELECT FROM sightings s JOIN alarms a ON a.id = s.alarm_id
    WHERE s.transit_id = t.id AND s.captured_at = t.captured_at AND a.kind = ANY (%(kinds)s::text[]))

-- name: if_onward
-- The range again, by which days are left out when it is planned, and the other gate's may be read once for all.
AND EXISTS (SELECT FROM transits o WHERE o.plate = t.plate AND o.gate_id = %(onward_gate)s
    AND o.captured_at > t.captured_at AND o.captured_at <= t.captured_at + %(onward_within)s::interval
    AND o.captured_at > coalesce(%(since)s::timestamptz, '-infinity')
    AND o.captured_at <= coalesce(%(until)s::timestamptz, 'infinity') + %(onward_within)s::interval)

-- name: after_newest
AND (t.captured_at, t.id) < (%(after_at)s::timestamptz, %(after_id)s::uuid)

-- name: after_oldest
AND (t.captured_at, t.id) > (%(after_at)s::timestamptz, %(after_id)s::uuid)

-- name: after_plate
AND t.plate >= %(after_plate)s AND (t.plate > %(after_plate)s OR (t.captured_at, t.id) < (%(after_at)s::timestamptz, %(after_id)s::uuid))

-- name: after_plate_back
AND t.plate <= %(after_plate)s AND (t.plate < %(after_plate)s OR (t.captured_at, t.id) > (%(after_at)s::timestamptz, %(after_id)s::uuid))

-- name: order_newest
ORDER BY t.captured_at DESC, t.id DESC

-- name: order_oldest
ORDER BY t.captured_at, t.id

-- name: order_plate
ORDER BY t.plate, t.captured_at DESC, t.id DESC

-- name: order_plate_back
ORDER BY t.plate DESC, t.captured_at, t.id
