-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: tell_key
INSERT INTO push_key (public_key, told_at) VALUES (%(key)s, %(at)s)
ON CONFLICT (single) DO UPDATE SET public_key = excluded.public_key, told_at = excluded.told_at;

-- name: key
SELECT public_key FROM push_key;

-- name: remove_endpoint
DELETE FROM push_devices WHERE endpoint = %(endpoint)s;

-- name: add
INSERT INTO push_devices (user_name, name, endpoint, device_key, auth, site_key, session_hash, made_at)
VALUES (%(user)s, %(name)s, %(endpoint)s, %(device_key)s, %(auth)s, %(site_key)s, %(session)s, %(at)s)
RETURNING id;

-- name: end_oldest
DELETE FROM push_devices WHERE user_name = %(user)s AND id NOT IN (
    SELECT id FROM push_devices WHERE user_name = %(user)s ORDER BY id DESC LIMIT %(most)s
) RETURNING id;

-- name: of_user
SELECT id, user_name, name, endpoint, session_hash IS NOT NULL AS ends_with_session, made_at, reached_at, failing_since, failure,
    site_key IS DISTINCT FROM (SELECT public_key FROM push_key) AS is_stale
FROM push_devices WHERE user_name = %(user)s ORDER BY id;

-- name: remove
DELETE FROM push_devices WHERE id = %(id)s AND user_name = %(user)s RETURNING name;

-- name: remove_of_session
DELETE FROM push_devices WHERE session_hash = %(session)s;

-- name: remove_over
-- Those of sessions that are over, of users who may not come in any more or have another role, and of another key.
DELETE FROM push_devices d USING users u
WHERE u.name = d.user_name AND (
    u.disabled OR u.ends_on < %(day)s OR u.role <> 'patrol' OR d.site_key <> %(key)s
    OR EXISTS (SELECT FROM sessions s WHERE s.key_hash = d.session_hash AND (s.ended_at IS NOT NULL OR s.started_at < %(started_after)s)));

-- name: reachable
-- Devices of one person (or of all patrols of the organisation, `user` NULL) whose area has the gate.
SELECT d.id, d.user_name, d.endpoint, d.device_key, d.auth
FROM push_devices d
JOIN users u ON u.name = d.user_name
LEFT JOIN patrols p ON p.user_name = u.name
LEFT JOIN sessions s ON s.key_hash = d.session_hash
WHERE u.organisation_id = %(organisation)s AND u.role = 'patrol' AND NOT u.disabled AND (u.ends_on IS NULL OR u.ends_on >= %(day)s)
  AND (%(user)s::text IS NULL OR u.name = %(user)s::text)
  AND d.site_key = %(key)s
  AND (d.session_hash IS NULL OR (s.ended_at IS NULL AND s.started_at > %(started_after)s))
  AND (%(gates)s::text[] IS NULL OR (coalesce(p.gates, '{}') = '{}' AND coalesce(p.areas, '{}') = '{}')
    OR p.gates && %(gates)s::text[] OR gates_of_areas(p.areas) && %(gates)s::text[])
ORDER BY d.id LIMIT %(limit)s;

-- name: reached
UPDATE push_devices SET reached_at = %(at)s, failing_since = NULL, failure = NULL WHERE id = %(id)s;

-- name: failed
UPDATE push_devices SET failing_since = coalesce(failing_since, %(at)s), failure = %(reason)s WHERE id = %(id)s;

-- name: gone
DELETE FROM push_devices WHERE id = %(id)s;
