-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: create
INSERT INTO users (name, role, password_hash, disabled, must_change)
VALUES (%(name)s, %(role)s, %(hash)s, %(disabled)s, %(must_change)s)
ON CONFLICT DO NOTHING;

-- name: get
SELECT * FROM users WHERE name = %(name)s;

-- name: list
SELECT * FROM users ORDER BY name;

-- name: set_password_hash
WITH ended AS (UPDATE sessions SET ended_at = now() WHERE user_name = %(name)s AND ended_at IS NULL)
UPDATE users SET password_hash = %(hash)s, must_change = %(must_change)s WHERE name = %(name)s;

-- name: set_role
UPDATE users SET role = %(role)s WHERE name = %(name)s;

-- name: set_disabled
WITH ended AS (UPDATE sessions SET ended_at = now() WHERE user_name = %(name)s AND ended_at IS NULL)
UPDATE users SET disabled = %(disabled)s WHERE name = %(name)s;
