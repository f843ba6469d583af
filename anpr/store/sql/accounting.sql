-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: count
INSERT INTO transit_counts (gate_id, reader_id, hour, stored, discarded, refused, numbered, unnumbered, recovered, duplicates, late)
SELECT * FROM unnest(%(gate_id)s::text[], %(reader_id)s::text[], %(hour)s::timestamptz[], %(stored)s::bigint[],
    %(discarded)s::bigint[], %(refused)s::bigint[], %(numbered)s::bigint[], %(unnumbered)s::bigint[],
    %(recovered)s::bigint[], %(duplicates)s::bigint[], %(late)s::bigint[])
ON CONFLICT (gate_id, reader_id, hour) DO UPDATE SET
    stored = transit_counts.stored + excluded.stored, discarded = transit_counts.discarded + excluded.discarded,
    refused = transit_counts.refused + excluded.refused, numbered = transit_counts.numbered + excluded.numbered,
    unnumbered = transit_counts.unnumbered + excluded.unnumbered,
    recovered = transit_counts.recovered + excluded.recovered,
    duplicates = transit_counts.duplicates + excluded.duplicates, late = transit_counts.late + excluded.late;

-- name: count_refused
INSERT INTO refused_counts (reader_id, hour, reason, number)
SELECT * FROM unnest(%(reader_id)s::text[], %(hour)s::timestamptz[], %(reason)s::text[], %(number)s::bigint[])
ON CONFLICT (reader_id, hour, reason) DO UPDATE SET number = refused_counts.number + excluded.number;

-- name: enter_outboxes
-- The first outbox that is heard of begins where it is first seen: its start was before this centre's. A further one begins at 1.
INSERT INTO reader_sequences (reader_id, epoch, first_number, heard_at)
SELECT k.reader_id, k.epoch, CASE WHEN EXISTS (SELECT FROM reader_sequences s WHERE s.reader_id = k.reader_id) THEN 1 END, %(now)s
FROM unnest(%(readers)s::text[], %(epochs)s::text[]) k (reader_id, epoch)
ORDER BY 1, 2
ON CONFLICT DO NOTHING;

-- name: lock_outboxes
SELECT s.* FROM reader_sequences s
WHERE (s.reader_id, s.epoch) IN (SELECT * FROM unnest(%(readers)s::text[], %(epochs)s::text[]))
ORDER BY s.reader_id, s.epoch FOR UPDATE;

-- name: gaps_of
SELECT g.* FROM reader_gaps g
WHERE (g.reader_id, g.epoch) IN (SELECT * FROM unnest(%(readers)s::text[], %(epochs)s::text[]))
ORDER BY g.reader_id, g.epoch, g.first_number;

-- name: save_outbox
UPDATE reader_sequences SET first_number = %(first)s, last_number = %(last)s, first_at = %(first_at)s, last_at = %(last_at)s,
    forgotten = %(forgotten)s, heard_at = %(now)s
WHERE reader_id = %(reader_id)s AND epoch = %(epoch)s;

-- name: drop_gap
DELETE FROM reader_gaps WHERE reader_id = %(reader_id)s AND epoch = %(epoch)s AND first_number = %(first)s;

-- name: add_gap
INSERT INTO reader_gaps (reader_id, epoch, first_number, last_number, after_at, before_at, found_at)
VALUES (%(reader_id)s, %(epoch)s, %(first)s, %(last)s, %(after_at)s, %(before_at)s, %(found_at)s);

-- name: forget_outboxes
-- A reader that begins anew all the time has only so many of them.
DELETE FROM reader_sequences s USING (
    SELECT reader_id, epoch, row_number() OVER (PARTITION BY reader_id ORDER BY heard_at DESC, epoch) AS place
    FROM reader_sequences WHERE reader_id = ANY (%(readers)s)
) k
WHERE k.place > %(most)s AND s.reader_id = k.reader_id AND s.epoch = k.epoch;

-- name: tell_destination
INSERT INTO forward_destinations (id, organisation_id, told_at) VALUES (%(id)s, %(organisation_id)s, %(now)s)
ON CONFLICT (id) DO UPDATE SET organisation_id = excluded.organisation_id, told_at = excluded.told_at;

-- name: count_unqueued
-- Of the rows that go with a day's partition of one purpose, those that no run has queued. OFFSET 0: a look into one index for each.
INSERT INTO unqueued_counts (destination, gate_id, hour, reason, number)
SELECT f.id, t.gate_id, date_trunc('hour', t.captured_at, 'UTC'), 'dropped', count(*)
FROM transits t CROSS JOIN forward_destinations f
WHERE t.captured_at >= %(start)s AND t.captured_at < %(end)s AND t.purpose = %(purpose)s
  AND NOT EXISTS (SELECT FROM deliveries d WHERE d.destination = f.id AND d.captured_at = t.captured_at
      AND d.transit_id = t.id OFFSET 0)
  AND NOT EXISTS (SELECT FROM retained_transits k WHERE k.captured_at = t.captured_at AND k.transit_id = t.id)
GROUP BY 1, 2, 3
ON CONFLICT (destination, gate_id, hour, reason) DO UPDATE SET number = unqueued_counts.number + excluded.number;

-- name: forget_counts
DELETE FROM transit_counts WHERE hour < %(before)s;

-- name: forget_refused
DELETE FROM refused_counts WHERE hour < %(before)s;

-- name: forget_unqueued
DELETE FROM unqueued_counts WHERE hour < %(before)s;

-- name: forget_gaps
DELETE FROM reader_gaps WHERE before_at < %(before)s AND found_at < %(before)s;

-- name: forget_silent
DELETE FROM reader_sequences WHERE heard_at < %(before)s;

-- name: forget_destinations
DELETE FROM forward_destinations WHERE told_at < %(before)s;
