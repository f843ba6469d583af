-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: create
INSERT INTO users (name, role, password_hash, disabled) VALUES (%(name)s, %(role)s, %(hash)s, %(disabled)s)
ON CONFLICT DO NOTHING;

-- name: get
SELECT * FROM users WHERE name = %(name)s;

-- name: list
SELECT * FROM users ORDER BY name;

-- name: set_password_hash
UPDATE users SET password_hash = %(hash)s WHERE name = %(name)s;

-- name: set_role
UPDATE users SET role = %(role)s WHERE name = %(name)s;

-- name: set_disabled
UPDATE users SET disabled = %(disabled)s WHERE name = %(name)s;
