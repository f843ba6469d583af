-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: create
INSERT INTO users (name, role, password_hash, disabled, must_change, ends_on, provider, subject, organisation_id)
VALUES (%(name)s, %(role)s, %(hash)s, %(disabled)s, %(must_change)s, %(ends_on)s, %(provider)s, %(subject)s,
    %(organisation_id)s)
ON CONFLICT DO NOTHING;

-- name: get
SELECT users.*, EXISTS (SELECT FROM second_factors f WHERE f.user_name = users.name AND f.confirmed_at IS NOT NULL) AS has_second_factor
FROM users WHERE name = %(name)s;

-- name: lock
SELECT users.*, EXISTS (SELECT FROM second_factors f WHERE f.user_name = users.name AND f.confirmed_at IS NOT NULL) AS has_second_factor
FROM users WHERE name = %(name)s FOR UPDATE;

-- name: lock_by_subject
SELECT users.*, EXISTS (SELECT FROM second_factors f WHERE f.user_name = users.name AND f.confirmed_at IS NOT NULL) AS has_second_factor
FROM users WHERE provider = %(provider)s AND subject = %(subject)s FOR UPDATE;

-- name: bind_subject
UPDATE users SET subject = %(subject)s WHERE name = %(name)s AND provider = %(provider)s AND subject IS NULL;

-- name: hand_over
WITH ended AS (UPDATE sessions SET ended_at = now() WHERE user_name = %(name)s AND ended_at IS NULL)
UPDATE users SET provider = %(provider)s, subject = NULL, password_hash = '', must_change = false WHERE name = %(name)s;

-- name: forget_used_logins
DELETE FROM used_logins WHERE used_at < %(before)s;

-- name: use_login
INSERT INTO used_logins (state_digest, used_at) VALUES (%(digest)s, %(at)s) ON CONFLICT DO NOTHING;

-- name: list
SELECT users.*, EXISTS (SELECT FROM second_factors f WHERE f.user_name = users.name AND f.confirmed_at IS NOT NULL) AS has_second_factor
FROM users ORDER BY name;

-- name: set_password_hash
WITH ended AS (UPDATE sessions SET ended_at = now() WHERE user_name = %(name)s AND ended_at IS NULL)
UPDATE users SET password_hash = %(hash)s, must_change = %(must_change)s WHERE name = %(name)s;

-- name: set_role
UPDATE users SET role = %(role)s WHERE name = %(name)s;

-- name: set_organisation
UPDATE users SET organisation_id = %(organisation_id)s WHERE name = %(name)s;

-- name: set_disabled
WITH ended AS (UPDATE sessions SET ended_at = now() WHERE user_name = %(name)s AND ended_at IS NULL)
UPDATE users SET disabled = %(disabled)s WHERE name = %(name)s;

-- name: set_ends_on
UPDATE users SET ends_on = %(ends_on)s WHERE name = %(name)s;

-- name: demand_new_password
UPDATE users SET must_change = true WHERE name = %(name)s;

-- name: lock_administrators
SELECT users.*, EXISTS (SELECT FROM second_factors f WHERE f.user_name = users.name AND f.confirmed_at IS NOT NULL) AS has_second_factor
FROM users
WHERE role = 'administrator' AND organisation_id = (SELECT organisation_id FROM users WHERE name = %(name)s)
ORDER BY name FOR UPDATE;

-- name: list_accounts
SELECT users.*, EXISTS (SELECT FROM second_factors f WHERE f.user_name = users.name AND f.confirmed_at IS NOT NULL) AS has_second_factor,
    s.last_login_at, coalesce(s.open, 0) AS open_sessions
FROM users LEFT JOIN (
    SELECT user_name, max(started_at) AS last_login_at,
        count(*) FILTER (WHERE ended_at IS NULL AND (seen_at > %(seen_after)s OR is_patrol) AND started_at > %(started_after)s) AS open
    FROM sessions JOIN (SELECT name AS of_user, role = 'patrol' AS is_patrol FROM users) u ON of_user = user_name GROUP BY user_name
) s ON s.user_name = users.name
WHERE %(name)s::text IS NULL OR users.name = %(name)s
ORDER BY users.name;
