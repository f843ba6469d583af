-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: add
INSERT INTO holds (case_reference, reason, author, made_at, since, until, plate, gate_id, transit_id, is_listed, ends_on)
VALUES (%(case_reference)s, %(reason)s, %(author)s, %(made_at)s, %(since)s, %(until)s, %(plate)s, %(gate_id)s, %(transit_id)s,
    %(is_listed)s, %(ends_on)s)
RETURNING id;

-- name: add_transits
INSERT INTO hold_transits (hold_id, captured_at, transit_id)
SELECT %(id)s, x.captured_at, x.transit_id FROM unnest(%(moments)s::timestamptz[], %(ids)s::uuid[]) x (captured_at, transit_id);

-- name: get
SELECT * FROM holds WHERE id = %(id)s;

-- name: lock
SELECT * FROM holds WHERE id = %(id)s FOR UPDATE;

-- name: list
SELECT * FROM holds WHERE ended_at IS NULL OR %(ended)s ORDER BY id;

-- name: ends
SELECT id AS number, ends_on, organisation_id FROM holds WHERE ended_at IS NULL ORDER BY ends_on, id;

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
-- It says what view held_transits says, with a branch for each kind of hold, so that each takes the index of its own; all of
-- what is covered lies at gates of the hold's organisation, so that another hold is compared without looking at transits again.
WITH hold AS MATERIALIZED (
    SELECT * FROM holds WHERE id = %(id)s
), named AS (
    SELECT t.gate_id, t.captured_at, t.id, t.plate, t.purpose, h.organisation_id
    FROM hold h JOIN transits t ON t.gate_id = h.gate_id AND t.captured_at >= h.since AND t.captured_at < h.until
        AND (h.plate IS NULL OR t.plate = h.plate) AND (h.transit_id IS NULL OR t.id = h.transit_id)
    UNION ALL
    SELECT t.gate_id, t.captured_at, t.id, t.plate, t.purpose, h.organisation_id
    FROM hold h JOIN transits t ON t.plate = h.plate AND t.captured_at >= h.since AND t.captured_at < h.until
        AND (h.transit_id IS NULL OR t.id = h.transit_id)
    WHERE h.gate_id IS NULL
    UNION ALL
    SELECT t.gate_id, t.captured_at, t.id, t.plate, t.purpose, h.organisation_id
    FROM hold h JOIN transits t ON t.id = h.transit_id AND t.captured_at >= h.since AND t.captured_at < h.until
    WHERE h.gate_id IS NULL AND h.plate IS NULL
    UNION ALL
    SELECT t.gate_id, t.captured_at, t.id, t.plate, t.purpose, h.organisation_id
    FROM hold h JOIN hold_transits x ON x.hold_id = h.id JOIN transits t ON t.captured_at = x.captured_at AND t.id = x.transit_id
), covered AS MATERIALIZED (
    SELECT n.* FROM named n LEFT JOIN gates g ON g.id = n.gate_id
    WHERE coalesce(g.organisation_id, 'manager') = n.organisation_id
), open_alarms AS MATERIALIZED (
    SELECT DISTINCT s.captured_at, s.transit_id FROM sightings s JOIN alarms a ON a.id = s.alarm_id JOIN hold h
        ON s.captured_at >= h.since AND s.captured_at < h.until
    WHERE a.state <> 'closed'
)
SELECT c.gate_id, count(*) AS transits, min(c.captured_at) AS first, max(c.captured_at) AS last,
    count(*) FILTER (WHERE c.captured_at < coalesce((%(kept_purposes)s::jsonb ->> c.purpose)::timestamptz, %(kept_rest)s)
        AND a.transit_id IS NULL
        AND NOT EXISTS (SELECT FROM holds o
            WHERE o.id <> %(id)s AND o.ended_at IS NULL AND o.organisation_id = c.organisation_id
            AND c.captured_at >= o.since AND c.captured_at < o.until
            AND (o.plate IS NULL OR c.plate = o.plate)
            AND (o.gate_id IS NULL OR c.gate_id = o.gate_id)
            AND (o.transit_id IS NULL OR c.id = o.transit_id)
            AND (NOT o.is_listed OR EXISTS (SELECT FROM hold_transits x
                WHERE x.hold_id = o.id AND x.captured_at = c.captured_at AND x.transit_id = c.id)))
    ) AS due
FROM covered c LEFT JOIN open_alarms a ON a.captured_at = c.captured_at AND a.transit_id = c.id
GROUP BY c.gate_id ORDER BY c.gate_id;

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
