-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('anpr alarms', 0));

-- name: raise
INSERT INTO alarms (transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id, entry_plate, watchlist_id,
    reason, priority, probability, retro)
VALUES (%(transit_id)s, %(captured_at)s, %(raised_at)s, %(gate_id)s, %(camera_id)s, %(plate)s, %(entry_id)s,
    %(entry_plate)s, %(watchlist_id)s, %(reason)s, %(priority)s, %(probability)s, %(retro)s)
ON CONFLICT (transit_id, entry_id) DO NOTHING
RETURNING *;

-- name: notify
SELECT pg_notify(%(channel)s, %(payload)s);

-- name: list_newest
SELECT * FROM alarms
WHERE (%(states)s::text[] IS NULL OR state = ANY (%(states)s::text[]))
  AND (%(retro)s::boolean IS NULL OR retro = %(retro)s::boolean)
ORDER BY id DESC LIMIT %(limit)s;

-- name: list_after
SELECT * FROM alarms
WHERE id > %(after_id)s AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s::text[]))
  AND (%(retro)s::boolean IS NULL OR retro = %(retro)s::boolean)
ORDER BY id LIMIT %(limit)s;

-- name: get
SELECT * FROM alarms WHERE id = %(id)s;

-- name: of_transits
SELECT * FROM alarms WHERE transit_id = ANY (%(ids)s::uuid[]) ORDER BY id;

-- name: acknowledge
UPDATE alarms SET state = 'acknowledged', acknowledged_by = %(by)s, acknowledged_at = %(at)s
WHERE id = %(id)s AND state = 'raised'
RETURNING *;

-- name: close
UPDATE alarms SET state = 'closed', closed_by = %(by)s, closed_at = %(at)s, outcome = %(outcome)s, note = %(note)s,
    acknowledged_by = coalesce(acknowledged_by, %(by)s), acknowledged_at = coalesce(acknowledged_at, %(at)s)
WHERE id = %(id)s AND state <> 'closed'
RETURNING *;

-- name: count
SELECT state, count(*) AS count FROM alarms GROUP BY state;

-- name: count_open_retro
SELECT count(*) AS count FROM alarms WHERE retro AND state <> 'closed';

-- name: delete
DELETE FROM alarms WHERE captured_at < %(before)s;
