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

-- name: coverage
-- By gate what this hold covers; `due` of it is past its day and kept by nothing else: it goes when this hold ends.
SELECT t.gate_id, count(*) AS transits, min(t.captured_at) AS first, max(t.captured_at) AS last,
    count(*) FILTER (WHERE t.captured_at < %(before)s
        AND NOT EXISTS (SELECT FROM alarms a
            WHERE a.state <> 'closed' AND a.captured_at = t.captured_at AND a.transit_id = t.id)
        AND NOT EXISTS (SELECT FROM held_transits o
            WHERE o.hold_id <> %(id)s AND o.ended_at IS NULL AND o.captured_at = t.captured_at AND o.transit_id = t.id)
    ) AS due
FROM held_transits h JOIN transits t ON t.captured_at = h.captured_at AND t.id = h.transit_id
WHERE h.hold_id = %(id)s
GROUP BY t.gate_id ORDER BY t.gate_id;

-- name: held_among
-- One statement for a page of transits; the bounds leave out all other days.
SELECT held.transit_id, held.case_reference, held.ends_on, held.id
FROM (
    SELECT k.transit_id, o.case_reference, o.ends_on, o.id
    FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[]) k (captured_at, transit_id)
    JOIN held_transits h ON h.captured_at = k.captured_at AND h.transit_id = k.transit_id
        AND h.captured_at BETWEEN %(first)s AND %(last)s
    JOIN holds o ON o.id = h.hold_id
    WHERE h.ended_at IS NULL
) held
ORDER BY held.id;
