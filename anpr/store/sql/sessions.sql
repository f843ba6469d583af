-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: start
INSERT INTO sessions (key_hash, user_name, started_at, seen_at) VALUES (%(key)s, %(user)s, %(at)s, %(at)s)
ON CONFLICT (key_hash) DO UPDATE SET started_at = EXCLUDED.started_at, seen_at = EXCLUDED.seen_at
WHERE sessions.user_name = EXCLUDED.user_name AND sessions.ended_at IS NULL;

-- name: end_oldest
UPDATE sessions SET ended_at = %(at)s
WHERE user_name = %(user)s AND ended_at IS NULL AND key_hash NOT IN (
    SELECT key_hash FROM sessions WHERE user_name = %(user)s AND ended_at IS NULL
    ORDER BY started_at DESC LIMIT %(most)s
);

-- name: forget
DELETE FROM sessions WHERE user_name = %(user)s AND started_at < %(before)s;

-- name: open
SELECT users.*, EXISTS (SELECT FROM second_factors f WHERE f.user_name = users.name AND f.confirmed_at IS NOT NULL) AS has_second_factor,
    sessions.seen_at FROM sessions JOIN users ON users.name = sessions.user_name
WHERE sessions.key_hash = %(key)s AND sessions.ended_at IS NULL;

-- name: seen
UPDATE sessions SET seen_at = greatest(seen_at, %(at)s) WHERE key_hash = %(key)s AND ended_at IS NULL;

-- name: end
UPDATE sessions SET ended_at = %(at)s WHERE key_hash = %(key)s AND ended_at IS NULL;

-- name: end_all
UPDATE sessions SET ended_at = now() WHERE user_name = %(user)s AND ended_at IS NULL;

-- name: list_open
SELECT started_at, seen_at, key_hash = %(key)s AS is_this FROM sessions
WHERE user_name = %(user)s AND ended_at IS NULL AND seen_at > %(after)s AND started_at > %(started_after)s
ORDER BY started_at DESC;
