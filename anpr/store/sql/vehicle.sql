-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: meetings
-- Around each transit of the asked vehicle the others at its gate, by the index of gates; the period is named again so
-- that days outside of it are left out when the plan is made. OFFSET 0: else all transits of the period may be read and
-- joined. `compared`: how many vehicles were near it at all.
WITH asked AS MATERIALIZED (
    SELECT id, gate_id, captured_at FROM transits
    WHERE plate = %(plate)s AND captured_at >= %(since)s AND captured_at < %(until)s
    ORDER BY captured_at DESC LIMIT %(most)s
), met AS MATERIALIZED (
    SELECT t.plate, t.id AS other_id, a.id AS transit_id, a.gate_id, a.captured_at AS at,
        extract(epoch FROM t.captured_at - a.captured_at)::double precision AS offset_s
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT plate, id, captured_at FROM transits
        WHERE transits.gate_id = a.gate_id
          AND captured_at >= a.captured_at - %(window)s::interval AND captured_at <= a.captured_at + %(window)s::interval
          AND captured_at >= %(since)s::timestamptz - %(window)s::interval
          AND captured_at < %(until)s::timestamptz + %(window)s::interval
          AND plate <> %(plate)s
        OFFSET 0
    ) t
), chosen AS (
    SELECT plate FROM met GROUP BY plate
    HAVING count(DISTINCT gate_id) >= %(least_gates)s AND count(DISTINCT transit_id) >= %(least)s
    ORDER BY count(DISTINCT transit_id) DESC, count(DISTINCT gate_id) DESC, plate LIMIT %(most_others)s
)
SELECT met.*, (SELECT count(DISTINCT plate) FROM met) AS compared FROM met JOIN chosen USING (plate)
ORDER BY plate, at;

-- name: habits
-- The transits of these vehicles at these gates, so many of each at most, the newest.
SELECT p.plate, t.gate_id, t.captured_at FROM unnest(%(plates)s::text[]) p (plate)
CROSS JOIN LATERAL (
    SELECT gate_id, captured_at FROM transits
    WHERE transits.plate = p.plate AND captured_at >= %(since)s AND captured_at < %(until)s
      AND gate_id = ANY (%(gate_ids)s::text[])
    ORDER BY captured_at DESC LIMIT %(most)s
) t;

-- name: common
-- Each window by the index of gates (OFFSET 0, as above); of each vehicle in it the first transit.
WITH hits AS (
    SELECT DISTINCT ON (t.plate, w.number) t.plate, w.number AS "window", t.id, g.gate_id, t.captured_at
    FROM jsonb_to_recordset(%(windows)s::jsonb) AS w (number int, gate_ids text[], since timestamptz, until timestamptz)
    CROSS JOIN LATERAL unnest(w.gate_ids) AS g (gate_id)
    CROSS JOIN LATERAL (
        SELECT plate, id, captured_at FROM transits
        WHERE transits.gate_id = g.gate_id AND captured_at >= w.since AND captured_at < w.until
          AND captured_at >= %(since)s AND captured_at < %(until)s AND received_at <= %(received_until)s
        OFFSET 0
    ) t
    ORDER BY t.plate, w.number, t.captured_at
), chosen AS (
    SELECT plate, count(*) OVER () AS total FROM hits GROUP BY plate HAVING count(*) >= %(least)s
    ORDER BY count(*) DESC, plate LIMIT %(most)s
)
SELECT hits.*, chosen.total FROM hits JOIN chosen USING (plate);

-- name: count_at_gates
-- How often each of these was at these gates in all, so often at most.
SELECT p.plate, t.count FROM unnest(%(plates)s::text[]) p (plate)
CROSS JOIN LATERAL (
    SELECT count(*) AS count FROM (
        SELECT FROM transits WHERE transits.plate = p.plate AND captured_at >= %(since)s AND captured_at < %(until)s
          AND gate_id = ANY (%(gate_ids)s::text[]) LIMIT %(most)s
    ) found
) t;
