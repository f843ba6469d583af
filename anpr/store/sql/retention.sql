-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: patience
SET lock_timeout = '60s';

-- name: lock
SELECT pg_advisory_lock(hashtextextended('anpr retention', 0));

-- name: forget_plates
-- Those of transits that outlive their day stay: wildcards are looked up here.
DELETE FROM plates WHERE last_day < %(before)s
    AND NOT EXISTS (SELECT FROM transits t WHERE t.plate = plates.plate AND t.captured_at < %(start)s);

-- name: transits_to_go
-- What a purpose's partition of a day holds: nothing at all, or a row that nobody retains.
SELECT NOT EXISTS (SELECT FROM transits WHERE captured_at >= %(start)s AND captured_at < %(end)s AND purpose = %(purpose)s) AS is_empty,
    EXISTS (SELECT FROM transits AS row
        WHERE captured_at >= %(start)s AND captured_at < %(end)s AND purpose = %(purpose)s AND NOT EXISTS
        (SELECT FROM retained_transits AS kept WHERE kept.captured_at = row.captured_at AND kept.transit_id = row.id))
    AS has_rows_to_go;

-- name: images_to_go
SELECT NOT EXISTS (SELECT FROM images WHERE captured_at >= %(start)s AND captured_at < %(end)s AND purpose = %(purpose)s) AS is_empty,
    EXISTS (SELECT FROM images AS row
        WHERE captured_at >= %(start)s AND captured_at < %(end)s AND purpose = %(purpose)s AND NOT EXISTS
        (SELECT FROM retained_transits AS kept
         WHERE kept.captured_at = row.captured_at AND kept.transit_id = row.transit_id))
    AS has_rows_to_go;

-- name: expire
SELECT * FROM expire_purpose_partition(%(table)s, %(day)s, %(purpose)s);

-- name: alarm_days
-- UTC days of the sightings that would be deleted, or whose alarm would be closed.
SELECT DISTINCT (s.captured_at AT TIME ZONE 'UTC')::date AS day FROM sightings s LEFT JOIN alarms a ON a.id = s.alarm_id
WHERE (a.state <> 'closed' AND s.captured_at < %(open)s)
   OR (coalesce(a.state, 'closed') = 'closed' AND s.captured_at < %(closed)s AND (s.captured_at, s.transit_id) NOT IN
        (SELECT captured_at, transit_id FROM held_transits WHERE ended_at IS NULL AND captured_at < %(closed)s));

-- name: clock
SELECT clock_timestamp() AS now;

-- name: state
SELECT ran_at, refused_at, refusal FROM retention_state;

-- name: days_lived
-- Days since the last run on which something passed.
SELECT count(*) AS count FROM unnest(%(days)s::date[]) AS day WHERE EXISTS (
    SELECT FROM transits
    WHERE captured_at >= day::timestamp AT TIME ZONE 'UTC' AND captured_at < (day + 1)::timestamp AT TIME ZONE 'UTC');

-- name: newest_sign
-- The latest moment that the outside world told of: a transit, or a reader's report.
SELECT greatest((SELECT max(captured_at) FROM transits),
    (SELECT max(reported_at) FROM health_subjects WHERE kind = 'reader')) AS at;

-- name: note_run
UPDATE retention_state SET ran_at = %(at)s, refused_at = NULL, refusal = NULL;

-- name: note_refusal
UPDATE retention_state SET refused_at = coalesce(refused_at, %(at)s), refusal = %(why)s;
