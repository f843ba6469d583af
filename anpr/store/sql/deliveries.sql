-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: queue
-- Stored transits of the window that have no row yet. The anti-join first: on a repeated run nearly all have one.
INSERT INTO deliveries (destination, captured_at, transit_id, state, day, queued_at, settled_at, reason)
SELECT %(destination)s, t.captured_at, t.id, %(state)s, %(day)s, %(now)s,
       CASE WHEN %(state)s = 'expired' THEN %(now)s::timestamptz END, %(reason)s
FROM transits t
WHERE t.captured_at >= %(since)s AND t.captured_at < %(until)s
  AND (t.captured_at < coalesce((%(kept_purposes)s::jsonb ->> t.purpose)::timestamptz, %(kept_rest)s)) = (%(state)s = 'expired')
  AND NOT EXISTS (
      SELECT FROM deliveries d
      WHERE d.destination = %(destination)s AND d.captured_at = t.captured_at AND d.transit_id = t.id
        AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
  )
ON CONFLICT DO NOTHING;

-- name: expire
-- OFFSET 0, here and below, keeps it a look into one index for each row.
WITH late AS (
    UPDATE deliveries d SET state = 'expired', settled_at = %(now)s, reason = %(reason)s
    WHERE destination = %(destination)s AND state = 'queued' AND captured_at < %(newest)s
      AND (captured_at < %(oldest)s OR EXISTS (
          SELECT FROM transits t WHERE t.captured_at = d.captured_at AND t.id = d.transit_id
            AND t.captured_at < coalesce((%(kept_purposes)s::jsonb ->> t.purpose)::timestamptz, %(kept_rest)s) OFFSET 0))
    RETURNING day
)
SELECT day, count(*) AS count FROM late GROUP BY day ORDER BY day;

-- name: expire_all
WITH late AS (
    UPDATE deliveries d SET state = 'expired', settled_at = %(now)s, reason = %(reason)s
    WHERE state = 'queued' AND captured_at < %(newest)s
      AND (captured_at < %(oldest)s OR NOT EXISTS (
          SELECT FROM transits t WHERE t.captured_at = d.captured_at AND t.id = d.transit_id
            AND t.captured_at >= coalesce((%(kept_purposes)s::jsonb ->> t.purpose)::timestamptz, %(kept_rest)s) OFFSET 0))
    RETURNING destination
)
SELECT destination, count(*) AS count FROM late GROUP BY destination ORDER BY destination;

-- name: count
SELECT count(*) AS count FROM deliveries WHERE captured_at >= %(since)s AND captured_at < %(until)s;

-- name: next_number
SELECT coalesce(max(number), 0) + 1 AS number FROM forward_batches
WHERE destination = %(destination)s AND day = %(day)s;

-- name: claim
-- Oldest first, after a key, so that a run walks through the day once; `size` rows a batch.
WITH chosen AS (
    SELECT captured_at, transit_id, row_number() OVER (ORDER BY captured_at, transit_id) - 1 AS place FROM (
        SELECT captured_at, transit_id FROM deliveries
        WHERE destination = %(destination)s AND day = %(day)s AND state = 'queued' AND batch IS NULL
          AND captured_at >= %(since)s AND captured_at < %(until)s
          AND (captured_at, transit_id) > (%(after_at)s, %(after_id)s)
        ORDER BY captured_at, transit_id
        LIMIT %(limit)s
    ) AS waiting
), claimed AS (
    UPDATE deliveries d SET batch = %(number)s + c.place / %(size)s
    FROM chosen c
    WHERE d.destination = %(destination)s AND d.captured_at = c.captured_at AND d.transit_id = c.transit_id
      AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
    RETURNING d.captured_at, d.transit_id, d.batch
)
-- What must not be sent any more has no transit here.
SELECT c.batch, c.captured_at AS claimed_at, c.transit_id, t.*
FROM claimed c
LEFT JOIN LATERAL (
    SELECT t.captured_at, t.id, t.gate_id, t.camera_id, t.reader_id, t.first_seen, t.last_seen, t.plate, t.raw, t.confidence,
       t.candidates, t.reads, t.box_x, t.box_y, t.box_w, t.box_h, t.country, t.direction, t.lane, t.images FROM transits t
    WHERE t.captured_at = c.captured_at AND t.id = c.transit_id
      AND t.captured_at >= %(since)s AND t.captured_at < %(until)s AND t.captured_at >= %(oldest)s
      AND t.captured_at >= coalesce((%(kept_purposes)s::jsonb ->> t.purpose)::timestamptz, %(kept_rest)s)
    OFFSET 0
) t ON true
ORDER BY c.captured_at, c.transit_id;

-- name: insert_batches
INSERT INTO forward_batches (destination, day, number, file_name, created_at, attempts)
SELECT %(destination)s, %(day)s, b.number, b.file_name, %(now)s, 1
FROM unnest(%(numbers)s::integer[], %(file_names)s::text[]) AS b (number, file_name);

-- name: open_batches
SELECT number, file_name, created_at, attempts FROM forward_batches
WHERE destination = %(destination)s AND day = %(day)s AND sent_at IS NULL
ORDER BY number;

-- name: batch_transits
SELECT d.batch, t.captured_at, t.id, t.gate_id, t.camera_id, t.reader_id, t.first_seen, t.last_seen, t.plate, t.raw, t.confidence,
    t.candidates, t.reads, t.box_x, t.box_y, t.box_w, t.box_h, t.country, t.direction, t.lane, t.images
FROM deliveries d
JOIN transits t ON t.captured_at = d.captured_at AND t.id = d.transit_id
WHERE d.destination = %(destination)s AND d.day = %(day)s AND d.batch = ANY (%(numbers)s::integer[]) AND d.state = 'queued'
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
  AND t.captured_at >= %(since)s AND t.captured_at < %(until)s
ORDER BY t.captured_at, t.id;

-- name: unsent
SELECT t.* FROM transits t
LEFT JOIN deliveries d ON d.captured_at = t.captured_at AND d.transit_id = t.id AND d.destination = %(destination)s
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
WHERE t.captured_at >= %(since)s AND t.captured_at < %(until)s
  AND t.captured_at >= coalesce((%(kept_purposes)s::jsonb ->> t.purpose)::timestamptz, %(kept_rest)s)
  AND (t.captured_at, t.id) > (%(after_at)s, %(after_id)s)
  AND (d.state IS NULL OR d.state = 'queued')
ORDER BY t.captured_at, t.id LIMIT %(limit)s;

-- name: expire_unsendable
UPDATE deliveries d SET state = 'expired', settled_at = %(now)s,
    reason = CASE WHEN captured_at < %(oldest)s OR EXISTS (
        SELECT FROM transits t WHERE t.captured_at = d.captured_at AND t.id = d.transit_id OFFSET 0
    ) THEN %(past_retention)s::text ELSE %(no_longer_stored)s::text END
WHERE d.destination = %(destination)s AND d.day = %(day)s AND d.batch = ANY (%(numbers)s::integer[]) AND d.state = 'queued'
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
  AND (d.captured_at < %(oldest)s OR NOT EXISTS (
      SELECT FROM transits t WHERE t.captured_at = d.captured_at AND t.id = d.transit_id
        AND t.captured_at >= coalesce((%(kept_purposes)s::jsonb ->> t.purpose)::timestamptz, %(kept_rest)s) OFFSET 0));

-- name: start_attempt
UPDATE forward_batches SET attempts = attempts + 1
WHERE destination = %(destination)s AND day = %(day)s AND number = %(number)s;

-- name: reject
UPDATE deliveries d SET state = 'rejected', settled_at = %(now)s, reason = r.reason
FROM unnest(%(ids)s::uuid[], %(reasons)s::text[]) AS r (id, reason)
WHERE d.destination = %(destination)s AND d.day = %(day)s AND d.batch = %(number)s AND d.transit_id = r.id
  AND d.state = %(state)s AND d.captured_at >= %(since)s AND d.captured_at < %(until)s;

-- name: release
-- Back in the queue, for another batch; what was sent is queued anew, so that no undo of a requeue takes it for never sent.
UPDATE deliveries SET state = 'queued', batch = NULL, sent_at = NULL, reason = NULL,
    queued_at = CASE WHEN state = 'sent' THEN %(now)s ELSE queued_at END
WHERE destination = %(destination)s AND day = %(day)s AND batch = %(number)s AND transit_id = ANY (%(ids)s::uuid[])
  AND state = %(state)s AND captured_at >= %(since)s AND captured_at < %(until)s;

-- name: mark_sent
WITH done AS (
    UPDATE deliveries SET state = 'sent', sent_at = %(now)s
    WHERE destination = %(destination)s AND day = %(day)s AND batch = ANY (%(numbers)s::integer[]) AND state = 'queued'
      AND captured_at >= %(since)s AND captured_at < %(until)s
    RETURNING batch
)
SELECT batch, count(*) AS count FROM done GROUP BY batch;

-- name: close_batches
UPDATE forward_batches SET sent_at = %(now)s
WHERE destination = %(destination)s AND day = %(day)s AND number = ANY (%(numbers)s::integer[]);

-- name: forget_batches_of_nothing
-- What was in them was in no file: the number goes to the next one.
WITH forgotten AS (
    DELETE FROM forward_batches
    WHERE destination = %(destination)s AND day = %(day)s AND number = ANY (%(empty)s::integer[]) AND attempts <= 1
    RETURNING number
)
UPDATE deliveries d SET batch = NULL FROM forgotten f
WHERE d.destination = %(destination)s AND d.day = %(day)s AND d.batch = f.number
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s;

-- name: unanswered
SELECT b.number, b.file_name, b.created_at, b.attempts FROM forward_batches b
WHERE b.destination = %(destination)s AND b.day = %(day)s AND b.sent_at IS NOT NULL
  AND EXISTS (
      SELECT FROM deliveries d
      WHERE d.destination = b.destination AND d.day = b.day AND d.batch = b.number AND d.state = 'sent'
        AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
  )
ORDER BY b.number;

-- name: sent_of_batch
SELECT transit_id FROM deliveries
WHERE destination = %(destination)s AND day = %(day)s AND batch = %(number)s AND state = 'sent'
  AND captured_at >= %(since)s AND captured_at < %(until)s;

-- name: accept
UPDATE deliveries SET state = 'accepted', settled_at = %(now)s
WHERE destination = %(destination)s AND day = %(day)s AND batch = %(number)s AND transit_id = ANY (%(ids)s::uuid[])
  AND state = 'sent' AND captured_at >= %(since)s AND captured_at < %(until)s;

-- name: count_states
SELECT state, count(*) AS count FROM deliveries
WHERE destination = %(destination)s AND day = %(day)s AND captured_at >= %(since)s AND captured_at < %(until)s
GROUP BY state;

-- name: count_unanswered
SELECT count(*) AS count FROM deliveries
WHERE destination = %(destination)s AND day = %(day)s AND state = 'sent' AND sent_at < %(before)s
  AND captured_at >= %(since)s AND captured_at < %(until)s;

-- name: by_day
SELECT day, state, count(*) AS count FROM deliveries
WHERE destination = %(destination)s GROUP BY day, state ORDER BY day, state;

-- name: reasons
SELECT day, reason, count(*) AS count FROM deliveries
WHERE destination = %(destination)s AND state = 'rejected'
GROUP BY day, reason ORDER BY day DESC, count(*) DESC, reason LIMIT %(limit)s;

-- name: of_transit
-- The transit's own capture time finds the one partition that its rows are in.
SELECT * FROM deliveries
WHERE captured_at = %(captured_at)s AND transit_id = %(id)s
ORDER BY destination;

-- name: forget_batches
DELETE FROM forward_batches WHERE day < %(day)s;
