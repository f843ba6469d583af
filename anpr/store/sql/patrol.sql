-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: begin_answer
INSERT INTO patrol_answers (key, user_name, alarm_id, action, made_at, received_at, result)
VALUES (%(key)s, %(user)s, %(alarm)s, %(action)s, %(made_at)s, %(at)s, 'pending')
ON CONFLICT (key) DO NOTHING RETURNING key;

-- name: answer
SELECT user_name, alarm_id, action, result, by_whom FROM patrol_answers WHERE key = %(key)s;

-- name: is_seen_after
-- Whether the vehicle was seen after that sighting, of this alarm.
SELECT EXISTS (
    SELECT FROM sightings shown JOIN sightings later USING (alarm_id)
    WHERE shown.id = %(seen)s AND alarm_id = %(alarm)s AND later.captured_at > shown.captured_at
) AS is_seen;

-- name: end_answer
UPDATE patrol_answers SET result = %(result)s, by_whom = %(by_whom)s WHERE key = %(key)s;

-- name: forget_answers
DELETE FROM patrol_answers WHERE received_at < %(before)s;

-- name: person
SELECT gates, shares, areas, gates_of_areas(areas) AS area_gates FROM patrols WHERE user_name = %(user)s;

-- name: set_area
INSERT INTO patrols (user_name, gates, areas) VALUES (%(user)s, %(gates)s, %(areas)s)
ON CONFLICT (user_name) DO UPDATE SET gates = excluded.gates, areas = excluded.areas;

-- name: set_sharing
INSERT INTO patrols (user_name, shares) VALUES (%(user)s, %(shares)s)
ON CONFLICT (user_name) DO UPDATE SET shares = excluded.shares, latitude = NULL, longitude = NULL, accuracy_m = NULL, located_at = NULL;

-- name: locate
UPDATE patrols SET latitude = %(latitude)s, longitude = %(longitude)s, accuracy_m = %(accuracy_m)s, located_at = %(at)s
WHERE user_name = %(user)s AND shares RETURNING user_name;

-- name: forget_position
UPDATE patrols SET latitude = NULL, longitude = NULL, accuracy_m = NULL, located_at = NULL WHERE user_name = %(user)s;

-- name: forget_positions
UPDATE patrols SET latitude = NULL, longitude = NULL, accuracy_m = NULL, located_at = NULL WHERE located_at < %(before)s;

-- name: on_duty
-- Patrols of the organisation that acts, with a session that is open.
SELECT u.name, p.latitude, p.longitude, p.accuracy_m, p.located_at
FROM users u
LEFT JOIN patrols p ON p.user_name = u.name AND p.shares AND p.located_at >= %(since)s
WHERE u.organisation_id = %(organisation)s AND u.role = 'patrol' AND NOT u.disabled AND (u.ends_on IS NULL OR u.ends_on >= %(day)s)
  AND EXISTS (SELECT FROM sessions s WHERE s.user_name = u.name AND s.ended_at IS NULL AND s.started_at > %(started_after)s)
ORDER BY u.name;
