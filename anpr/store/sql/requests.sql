-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: add
INSERT INTO subject_requests (kind, plate, reference, received_on, registered_by, registered_at)
VALUES (%(kind)s, %(plate)s, %(reference)s, %(received_on)s, %(registered_by)s, %(registered_at)s)
RETURNING id;

-- name: get
SELECT * FROM subject_requests WHERE id = %(id)s;

-- name: lock
SELECT * FROM subject_requests WHERE id = %(id)s FOR UPDATE;

-- name: list
SELECT * FROM subject_requests ORDER BY closed_at IS NOT NULL, closed_at DESC, received_on, id LIMIT %(limit)s;

-- name: close
UPDATE subject_requests SET outcome = %(outcome)s, grounds = %(grounds)s, answer = %(answer)s, closed_by = %(by)s,
    closed_at = %(at)s
WHERE id = %(id)s;

-- name: erase
SELECT what, path FROM erase_for_request(%(id)s, %(by)s, %(at)s);

-- name: erase_traces
SELECT what, which FROM erase_traces_for_request(%(id)s, %(at)s);

-- name: forget
DELETE FROM subject_requests WHERE closed_at < %(before)s;

-- name: transits
-- Of the organisation's own gates: for those of others it does not answer.
SELECT * FROM transits WHERE plate = %(plate)s AND is_own_gate(gate_id) ORDER BY captured_at, id LIMIT %(limit)s;

-- name: alarms
-- Sightings, each with how far its alarm has come.
SELECT s.*, a.state, a.outcome
FROM sightings s LEFT JOIN alarms a ON a.id = s.alarm_id
WHERE (s.plate = %(plate)s OR s.entry_plate = %(plate)s) AND is_own_gate(s.gate_id) ORDER BY s.id LIMIT %(limit)s;

-- name: entries
-- Those that name the plate, and partial ones that stand for it.
SELECT e.watchlist_id, w.name AS watchlist_name, e.plate, e.reason, e.valid_from, e.valid_to
FROM entries e JOIN watchlists w ON w.id = e.watchlist_id
WHERE (e.plate = %(plate)s OR (e.plate ~ '[*?]' AND %(plate)s LIKE plate_like(e.plate))) AND w.organisation_id = acting_organisation() ORDER BY e.id LIMIT %(limit)s;

-- name: holds
-- Those that name the plate, and those that keep one of its transits for another reason.
SELECT * FROM holds WHERE ended_at IS NULL AND (plate = %(plate)s OR id IN (
    SELECT h.hold_id FROM transits t JOIN held_transits h ON h.captured_at = t.captured_at AND h.transit_id = t.id
    WHERE t.plate = %(plate)s))
ORDER BY id LIMIT %(limit)s;

-- name: deliveries
SELECT d.destination, d.state, d.captured_at, d.transit_id, d.sent_at
FROM transits t JOIN deliveries d ON d.captured_at = t.captured_at AND d.transit_id = t.id
WHERE t.plate = %(plate)s AND is_own_gate(t.gate_id) ORDER BY d.captured_at, d.destination LIMIT %(limit)s;

-- name: kept
SELECT id FROM kept_for_request(%(id)s) AS id;
