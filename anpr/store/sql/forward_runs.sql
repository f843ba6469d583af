-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: start
INSERT INTO forward_runs (destination, day, started_at, kind, profile, protocol, despite_stage)
VALUES (%(destination)s, %(day)s, %(started_at)s, %(kind)s, %(profile)s, %(protocol)s, %(despite_stage)s)
RETURNING id;

-- name: finish
UPDATE forward_runs SET finished_at = %(finished_at)s, outcome = %(outcome)s, counts = %(counts)s, error = %(error)s
WHERE id = %(id)s;

-- name: list
SELECT * FROM forward_runs
WHERE %(destination)s::text IS NULL OR destination = %(destination)s
ORDER BY id DESC LIMIT %(limit)s;

-- name: has_good
SELECT EXISTS (
    SELECT FROM forward_runs
    WHERE destination = %(destination)s AND day = %(day)s AND started_at >= %(since)s
      AND kind = 'nightly' AND outcome IN ('complete', 'incomplete')
) AS found;

-- name: forget
DELETE FROM forward_runs WHERE started_at < %(before)s;
