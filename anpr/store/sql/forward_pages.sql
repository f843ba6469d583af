-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: newest_runs
-- One look into an index for each destination; of one day where it is given.
SELECT r.* FROM unnest(%(destinations)s::text[]) AS d (id)
CROSS JOIN LATERAL (
    SELECT * FROM forward_runs WHERE destination = d.id AND (%(day)s::date IS NULL OR day = %(day)s) ORDER BY id DESC LIMIT 1
) r;

-- name: runs
SELECT * FROM forward_runs
WHERE destination = %(destination)s AND (%(day)s::date IS NULL OR day = %(day)s) AND id < %(before)s
ORDER BY id DESC LIMIT %(limit)s;

-- name: count_files
SELECT count(*) AS count FROM forward_batches WHERE destination = %(destination)s AND day = %(day)s;

-- name: files
-- The files of a page, and what became of their transits: as many rows of the ledger as they have.
SELECT b.number, b.file_name, b.created_at, b.attempts, b.sent_at, c.states
FROM (
    SELECT * FROM forward_batches WHERE destination = %(destination)s AND day = %(day)s ORDER BY number
    LIMIT %(limit)s OFFSET %(skip)s
) b
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(state, number), '{}') AS states FROM (
        SELECT state, count(*) AS number FROM deliveries
        WHERE destination = %(destination)s AND day = %(day)s AND batch = b.number
          AND captured_at >= %(since)s AND captured_at < %(until)s
        GROUP BY state
    ) s
) c
ORDER BY b.number;

-- name: file
SELECT number, file_name, created_at, attempts, sent_at, '{}'::jsonb AS states FROM forward_batches
WHERE destination = %(destination)s AND day = %(day)s AND number = %(number)s;

-- name: of_file
SELECT d.* FROM deliveries d
WHERE d.destination = %(destination)s AND d.day = %(day)s AND d.batch = %(number)s
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
ORDER BY d.captured_at, d.transit_id LIMIT %(limit)s OFFSET %(skip)s;

-- name: rejected
SELECT d.* FROM deliveries d
WHERE d.destination = %(destination)s AND d.day = %(day)s AND d.state = 'rejected'
  AND d.captured_at >= %(since)s AND d.captured_at < %(until)s
  AND (%(kind)s = '' OR delivery_kind(d.state, d.reason) = %(kind)s)
ORDER BY d.captured_at, d.transit_id LIMIT %(limit)s;

-- name: gates_of
SELECT t.id, t.gate_id FROM unnest(%(times)s::timestamptz[], %(ids)s::uuid[]) AS wanted (captured_at, id)
JOIN transits t ON t.captured_at = wanted.captured_at AND t.id = wanted.id
WHERE t.captured_at >= %(since)s AND t.captured_at < %(until)s;

-- name: stored
SELECT t.* FROM unnest(%(times)s::timestamptz[], %(ids)s::uuid[]) AS wanted (captured_at, id)
JOIN transits t ON t.captured_at = wanted.captured_at AND t.id = wanted.id
WHERE t.captured_at >= %(since)s AND t.captured_at < %(until)s
ORDER BY t.captured_at, t.id;

-- name: ways
-- Each delivery of a transit with the file it went into. OFFSET 0: the few rows first, then their files.
SELECT d.*, b.file_name, b.created_at AS file_made_at, b.attempts FROM (
    SELECT * FROM deliveries
    WHERE captured_at >= %(since)s AND captured_at <= %(until)s AND transit_id = %(id)s
      AND (%(destination)s::text IS NULL OR destination = %(destination)s) OFFSET 0
) d
LEFT JOIN forward_batches b ON b.destination = d.destination AND b.day = d.day AND b.number = d.batch
ORDER BY d.destination;

-- name: requeue
SELECT requeue_deliveries(%(destination)s, %(day)s, %(since)s, %(until)s, %(kind)s, %(ids)s::uuid[], %(why)s, %(who)s, %(now)s,
    %(before)s::timestamptz) AS id;

-- name: undo
SELECT undo_requeue(%(id)s, %(who)s, %(now)s) AS number;

-- name: requeues
-- `is_waiting`: something of it is still queued and in no file, and has not been queued again since.
SELECT q.*, q.undone_at IS NULL AND EXISTS (
    SELECT FROM forward_requeued r JOIN deliveries d
        ON d.captured_at = r.captured_at AND d.transit_id = r.transit_id AND d.destination = q.destination
    WHERE r.requeue_id = q.id AND d.state = 'queued' AND d.batch IS NULL AND d.queued_at = q.at
) AS is_waiting
FROM forward_requeues q
WHERE q.destination = %(destination)s AND q.day >= %(first)s AND q.day <= %(last)s ORDER BY q.id DESC LIMIT %(limit)s;

-- name: get_requeue
SELECT q.*, false AS is_waiting FROM forward_requeues q WHERE q.id = %(id)s AND q.destination = %(destination)s;

-- name: forget_requeues
DELETE FROM forward_requeues WHERE day < %(day)s;
