-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: add
INSERT INTO holds (case_reference, reason, author, made_at, since, until, plate, gate_id, transit_id, ends_on)
VALUES (%(case_reference)s, %(reason)s, %(author)s, %(made_at)s, %(since)s, %(until)s, %(plate)s, %(gate_id)s, %(transit_id)s,
    %(ends_on)s)
RETURNING id;

-- name: get
SELECT * FROM holds WHERE id = %(id)s;

-- name: lock
SELECT * FROM holds WHERE id = %(id)s FOR UPDATE;

-- name: list
SELECT * FROM holds WHERE ended_at IS NULL OR %(ended)s ORDER BY id;

-- name: change_end
UPDATE holds SET ends_on = %(ends_on)s WHERE id = %(id)s;

-- name: end
UPDATE holds SET ended_at = %(at)s, ended_by = %(by)s WHERE id = %(id)s;

-- name: due
SELECT * FROM holds WHERE ended_at IS NULL AND ends_on < %(today)s ORDER BY id FOR UPDATE;

-- name: freed_days
SELECT DISTINCT (captured_at AT TIME ZONE 'UTC')::date AS day FROM held_transits WHERE ended_at >= %(since)s;

-- name: count
SELECT count(*) AS count FROM held_transits WHERE hold_id = %(id)s;

-- name: count_each
SELECT hold_id, count(*) AS count FROM held_transits WHERE ended_at IS NULL GROUP BY hold_id;

-- name: of_transit
SELECT * FROM holds WHERE ended_at IS NULL AND id IN (
    SELECT hold_id FROM held_transits WHERE captured_at = %(captured_at)s AND transit_id = %(id)s
)
ORDER BY id;

-- name: forget
DELETE FROM holds WHERE ended_at < %(before)s;
