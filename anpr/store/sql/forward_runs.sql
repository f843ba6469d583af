-- name: start
INSERT INTO forward_runs (destination, day, started_at) VALUES (%(destination)s, %(day)s, %(at)s) RETURNING id;

-- name: finish
UPDATE forward_runs SET finished_at = %(at)s, counts = %(counts)s, error = %(error)s
WHERE id = %(id)s AND finished_at IS NULL;

-- name: list
SELECT * FROM forward_runs
WHERE %(destination)s::text IS NULL OR destination = %(destination)s
ORDER BY id DESC LIMIT %(limit)s;

-- name: finished_days
SELECT DISTINCT day FROM forward_runs
WHERE destination = %(destination)s AND day >= %(since)s AND finished_at IS NOT NULL AND error IS NULL;
