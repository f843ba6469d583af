-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: has_waiting
SELECT EXISTS (
    SELECT FROM deliveries
    WHERE destination = %(destination)s AND day = %(day)s AND state = 'queued' AND batch IS NULL
      AND captured_at >= %(since)s AND captured_at < %(until)s AND transit_id NOT IN (SELECT unnest(%(without)s::uuid[]))
) OR EXISTS (
    SELECT FROM forward_batches WHERE destination = %(destination)s AND day = %(day)s AND sent_at IS NULL
) AS found;

-- name: claim_newest
-- The newest first: after an outage what passes now does not wait behind what passed then.
WITH chosen AS (
    SELECT captured_at, transit_id FROM deliveries
    WHERE destination = %(destination)s AND day = %(day)s AND state = 'queued' AND batch IS NULL
      AND captured_at >= %(since)s AND captured_at < %(until)s AND transit_id NOT IN (SELECT unnest(%(without)s::uuid[]))
    ORDER BY captured_at DESC, transit_id DESC
    LIMIT %(limit)s
)
UPDATE deliveries d SET batch = %(number)s
FROM chosen c
WHERE d.destination = %(destination)s AND d.captured_at = c.captured_at AND d.transit_id = c.transit_id
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s;

-- name: insert_batch
INSERT INTO forward_batches (destination, day, number, file_name, created_at)
VALUES (%(destination)s, %(day)s, %(number)s, %(file_name)s, %(now)s);

-- name: delays
SELECT extract(epoch FROM coalesce(d.settled_at, d.sent_at) - t.received_at)::float8 AS seconds
FROM deliveries d JOIN transits t ON t.captured_at = d.captured_at AND t.id = d.transit_id
WHERE d.destination = %(destination)s AND d.day = %(day)s AND d.batch = %(number)s AND d.state = %(state)s
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
  AND t.captured_at >= %(since)s AND t.captured_at < %(until)s;

-- name: tell_standing
UPDATE forward_destinations SET profile = %(profile)s, stage = %(stage)s, office = %(office)s, stage_date = %(stage_date)s,
    document = %(document)s, refusal = %(refusal)s, refused_for = %(refused_for)s, despite_reason = %(despite_reason)s, despite_until = %(despite_until)s,
    live_state = CASE WHEN %(is_live)s THEN live_state END
WHERE id = %(id)s;

-- name: note_live
UPDATE forward_destinations SET live_state = %(state)s, live_since = %(since)s, live_seen_at = %(seen_at)s,
    live_next_at = %(next_at)s, live_error = %(error)s, live_delivered = %(delivered)s, live_p50_s = %(p50_s)s,
    live_p95_s = %(p95_s)s
WHERE id = %(id)s;

-- name: standings
SELECT * FROM forward_destinations ORDER BY id;
