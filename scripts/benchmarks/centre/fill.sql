-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A month of traffic, made inside PostgreSQL: faster than any client sends it, and the same each time.

-- name: plate_of
-- Vehicle number n's plate: AB123CD, spread over all that there are, so that no pattern finds much more than another.
CREATE FUNCTION pg_temp.plate_of(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT substr('ABCDEFGHJKLMNPRSTVWXYZ', (m % 22)::int + 1, 1)
        || substr('ABCDEFGHJKLMNPRSTVWXYZ', (m / 22 % 22)::int + 1, 1)
        || lpad((m / 484 % 1000)::text, 3, '0')
        || substr('ABCDEFGHJKLMNPRSTVWXYZ', (m / 484000 % 22)::int + 1, 1)
        || substr('ABCDEFGHJKLMNPRSTVWXYZ', (m / 10648000 % 22)::int + 1, 1)
    FROM (SELECT n * 104729 % 234256000 AS m) AS spread
$$;

-- name: indexes
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('transits', 'plates') AND schemaname = 'public' AND indexname NOT LIKE '%_pkey';

-- name: begin
-- What is being made: it outlives the process that makes it, and is dropped at the end.
CREATE SCHEMA IF NOT EXISTS benchmark;
CREATE TABLE IF NOT EXISTS benchmark.month (rows bigint NOT NULL, ends_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS benchmark.indexes (name text PRIMARY KEY, definition text NOT NULL);

-- name: has_day
SELECT FROM transits
WHERE captured_at >= %(day)s::timestamptz AND captured_at < %(day)s::timestamptz + interval '1 day' LIMIT 1;

-- name: seed
-- Of each day, so that a month that was interrupted is the same.
SELECT setseed(%(seed)s);

-- name: day
-- Three in five transits are of regulars, who pass once a day; the others pass twice a month.
INSERT INTO transits (captured_at, id, received_at, gate_id, camera_id, reader_id, first_seen, last_seen,
    plate, look_alike, raw, confidence, candidates, reads, box_x, box_y, box_w, box_h, country, direction, images)
SELECT at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i %% 4096), 3, '0')
        || '8' || substr(md5(i::text || at::text), 1, 15))::uuid,
    at, 'gate-' || camera / 2, 'camera-' || camera, 'reader-' || camera / 4, at, at,
    plate, translate(plate, %(from)s, %(to)s), plate, 0.9, jsonb_build_array(jsonb_build_array(plate, 0.9),
    jsonb_build_array(left(plate, 6) || 'X', 0.05), jsonb_build_array('X' || right(plate, 6), 0.02)),
    9, 700, 500, 140, 32, 'I', CASE i %% 2 WHEN 0 THEN 'approaching' ELSE 'receding' END, '[]'
FROM (
    SELECT i, %(day)s::timestamptz + i * (interval '1 day' / %(rows)s) AS at,
        floor(random() * %(cameras)s)::int AS camera, pg_temp.plate_of(CASE WHEN random() < 0.6
            THEN floor(random() * %(regulars)s)::bigint
            ELSE %(regulars)s + floor(random() * %(others)s)::bigint END) AS plate
    FROM generate_series(0, %(rows)s::int - 1) AS i
) AS passing;

-- name: plates
INSERT INTO plates (plate, look_alike, last_day)
SELECT plate, min(look_alike), max((captured_at AT TIME ZONE 'UTC')::date) FROM transits GROUP BY plate;
