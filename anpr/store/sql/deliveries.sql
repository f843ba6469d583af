-- name: queue
INSERT INTO deliveries (transit_id, destination, captured_at, state, queued_at)
SELECT id, %(destination)s, captured_at, 'queued', %(at)s
FROM transits WHERE captured_at >= %(since)s AND captured_at < %(until)s
ORDER BY id
ON CONFLICT DO NOTHING;

-- name: queued_transits
SELECT t.*
FROM deliveries d JOIN transits t ON t.captured_at = d.captured_at AND t.id = d.transit_id
WHERE d.destination = %(destination)s AND d.state = 'queued'
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
ORDER BY d.captured_at, d.transit_id LIMIT %(limit)s;

-- name: unqueued_transits
SELECT t.*
FROM transits t LEFT JOIN deliveries d ON d.transit_id = t.id AND d.destination = %(destination)s
WHERE t.captured_at >= %(since)s AND t.captured_at < %(until)s AND (d.state IS NULL OR d.state = 'queued')
ORDER BY t.captured_at, t.id LIMIT %(limit)s;

-- name: mark_sent
UPDATE deliveries SET state = 'sent', batch = %(batch)s, sent_at = %(at)s, attempts = attempts + 1, error = NULL
WHERE destination = %(destination)s AND transit_id = ANY (%(ids)s::uuid[]) AND state = 'queued';

-- name: requeue
UPDATE deliveries SET state = 'queued', error = %(error)s
WHERE destination = %(destination)s AND transit_id = ANY (%(ids)s::uuid[]) AND state = 'sent';

-- name: settle
UPDATE deliveries d SET state = %(state)s, settled_at = %(at)s, error = o.error
FROM unnest(%(ids)s::uuid[], %(errors)s::text[]) AS o (id, error)
WHERE d.destination = %(destination)s AND d.transit_id = o.id AND d.state IN ('queued', 'sent');

-- name: expire
WITH expired AS (
    UPDATE deliveries SET state = 'expired', settled_at = %(at)s
    WHERE captured_at < %(before)s AND state IN ('queued', 'sent')
    RETURNING destination
)
SELECT destination, count(*) AS count FROM expired GROUP BY destination ORDER BY destination;

-- name: get
SELECT * FROM deliveries WHERE destination = %(destination)s AND transit_id = %(id)s;

-- name: of_transit
SELECT * FROM deliveries WHERE transit_id = %(id)s ORDER BY destination;

-- name: count
SELECT state, count(*) AS count FROM deliveries
WHERE destination = %(destination)s AND captured_at >= %(since)s AND captured_at < %(until)s
GROUP BY state;

-- name: delete
DELETE FROM deliveries WHERE captured_at < %(before)s;

-- name: lock
SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0)) AS locked;
