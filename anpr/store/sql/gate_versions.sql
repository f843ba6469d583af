-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
-- Until the transaction ends: numbers become visible in their order.
SELECT pg_advisory_xact_lock(hashtextextended('anpr gate versions', 0));

-- name: lock_plans
-- One process at a time makes plans and hands them on, so that no older one comes after a newer.
SELECT pg_advisory_xact_lock(hashtextextended('anpr gate plans', 0));

-- name: add
INSERT INTO gate_versions (gate_id, version, reader_id, definition, author, made_at, reason, restored)
VALUES (%(gate_id)s, %(version)s, %(reader_id)s, %(definition)s, %(author)s, %(made_at)s, %(reason)s, %(restored)s)
RETURNING number;

-- name: show
UPDATE gates SET name = %(name)s, purpose = %(purpose)s, legal_basis = %(legal_basis)s,
    legal_basis_until = %(legal_basis_until)s, latitude = %(latitude)s, longitude = %(longitude)s, cameras = %(cameras)s,
    retention_purpose = %(retention_purpose)s, keep = %(keep)s
WHERE id = %(id)s;

-- name: make
-- It is the manager's.
INSERT INTO gates (id, name, purpose, legal_basis, legal_basis_until, latitude, longitude, cameras, retention_purpose, keep)
VALUES (%(id)s, %(name)s, %(purpose)s, %(legal_basis)s, %(legal_basis_until)s, %(latitude)s, %(longitude)s, %(cameras)s,
    %(retention_purpose)s, %(keep)s)
ON CONFLICT (id) DO NOTHING;

-- name: camera_of_another
SELECT is_camera_of_another(%(camera)s, %(gate)s) AS taken;

-- name: only_of_others
SELECT is_only_of_others(%(reader)s, %(secret)s) AS taken;

-- name: current
SELECT DISTINCT ON (gate_id) * FROM gate_versions ORDER BY gate_id, version DESC;

-- name: current_of
SELECT * FROM gate_versions WHERE gate_id = %(gate_id)s ORDER BY version DESC LIMIT 1;

-- name: history
SELECT * FROM gate_versions WHERE gate_id = %(gate_id)s AND version <= %(upto)s ORDER BY version DESC LIMIT %(limit)s;

-- name: get
SELECT * FROM gate_versions WHERE gate_id = %(gate_id)s AND version = %(version)s;

-- name: plans
-- Of each reader that ever had a gate: the number of its plan, when that version was made, and its gates as they are now. A gate
-- that left it counts, so that the plan without it is newer than the one with it.
WITH present AS (
    SELECT DISTINCT ON (gate_id) * FROM gate_versions ORDER BY gate_id, version DESC
), touched AS (
    SELECT DISTINCT reader_id, gate_id FROM gate_versions WHERE reader_id IS NOT NULL
)
SELECT t.reader_id, max(p.number) AS number, (array_agg(p.made_at ORDER BY p.number DESC))[1] AS made_at,
    coalesce(jsonb_agg(p.definition ORDER BY p.gate_id) FILTER (WHERE p.reader_id = t.reader_id), '[]') AS gates
FROM touched t JOIN present p USING (gate_id)
GROUP BY t.reader_id ORDER BY t.reader_id;

-- name: newest
SELECT coalesce(max(number), 0) AS count FROM gate_versions;

-- name: report
INSERT INTO reader_plans (reader_id, reported_at, origin, number, made_at, refused, refusal)
VALUES (%(reader_id)s, %(reported_at)s, %(origin)s, %(number)s, %(made_at)s, %(refused)s, %(refusal)s)
ON CONFLICT (reader_id) DO UPDATE SET reported_at = excluded.reported_at, origin = excluded.origin,
    number = excluded.number, made_at = excluded.made_at, refused = excluded.refused, refusal = excluded.refusal
WHERE reader_plans.reported_at < excluded.reported_at;

-- name: reports
SELECT * FROM reader_plans ORDER BY reader_id;
