-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: list
SELECT id, name, gates FROM gate_areas ORDER BY name, id;

-- name: one
SELECT id, name, gates FROM gate_areas WHERE id = %(id)s;

-- name: count
SELECT count(*) AS count FROM gate_areas;

-- name: add
INSERT INTO gate_areas (name, gates, changed_at, changed_by) VALUES (%(name)s, %(gates)s, %(at)s, %(by)s)
ON CONFLICT (organisation_id, name) DO NOTHING RETURNING id;

-- name: is_taken
SELECT EXISTS (SELECT FROM gate_areas WHERE id <> %(id)s AND name = %(name)s) AS is_taken;

-- name: change
UPDATE gate_areas SET name = %(name)s, gates = %(gates)s, changed_at = %(at)s, changed_by = %(by)s WHERE id = %(id)s;

-- name: users
-- Rules and patrols that name it.
SELECT name FROM notification_rules WHERE %(id)s = ANY (areas)
UNION ALL SELECT user_name FROM patrols WHERE %(id)s = ANY (areas) ORDER BY name;

-- name: delete
DELETE FROM gate_areas WHERE id = %(id)s;
