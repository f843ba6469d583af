-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: heartbeats
UPDATE health_subjects s SET signature = k.signature
FROM unnest(%(ids)s::text[], %(signatures)s::text[]) k (id, signature)
WHERE s.kind = 'reader' AND s.id = k.id AND s.signature IS DISTINCT FROM k.signature;

-- name: camera_readers
SELECT id, reader_id FROM health_subjects WHERE kind = 'camera' AND id = ANY (%(ids)s);

-- name: unsigned_readers
-- Those that are at work: one that was taken down is none to give a key to.
SELECT s.id FROM health_subjects s
WHERE s.kind = 'reader' AND s.signature = 'unsigned' AND EXISTS (
    SELECT FROM health_intervals i
    WHERE i.kind = 'reader' AND i.id = s.id AND i.ended_at IS NULL AND i.state <> 'stopped'
)
ORDER BY s.id LIMIT %(limit)s;

-- name: heard_ahead
-- By a clock that was ahead and has been set right: else nobody would miss the reader until that time has come.
UPDATE health_subjects SET heard_at = greatest(%(now)s, now())
WHERE kind = 'reader' AND heard_at > greatest(%(now)s, now()) + interval '1 minute';

-- name: silent_readers
SELECT id, reader_id, gate_ids, reported_at FROM health_subjects
WHERE kind = 'reader' AND heard_at < %(before)s AND reported_at IS NOT NULL
    AND EXISTS (
        SELECT FROM health_intervals i
        WHERE i.kind = 'reader' AND i.id = health_subjects.id AND i.ended_at IS NULL AND i.state IN ('up', 'disk-full')
    )
ORDER BY id
FOR UPDATE;

-- name: open
SELECT i.kind, i.id, i.reader_id, i.gate_ids, i.state, i.started_at, i.ended_at,
    s.offsets[cardinality(s.offsets)] AS offset_s
FROM health_intervals i JOIN health_subjects s USING (kind, id)
WHERE i.ended_at IS NULL ORDER BY i.kind, i.id;

-- name: between
SELECT kind, id, reader_id, gate_ids, state, started_at, ended_at FROM health_intervals
WHERE state <> 'up'
    AND (ended_at IS NULL OR ended_at > %(since)s)
    AND (%(until)s::timestamptz IS NULL OR started_at < %(until)s)
    AND (%(gate_ids)s::text[] IS NULL OR gate_ids && %(gate_ids)s)
    AND (ended_at IS NULL OR ended_at - started_at >= make_interval(secs => %(least_s)s))
ORDER BY started_at DESC, kind, id
LIMIT %(limit)s;

-- name: history
-- By the key of each camera and reader of the gates: what began within [since, until), and the one state before it.
SELECT i.kind, i.id, i.reader_id, i.gate_ids, i.state, i.started_at, i.ended_at
FROM health_subjects s
CROSS JOIN LATERAL (
    (SELECT * FROM health_intervals
     WHERE kind = s.kind AND id = s.id AND started_at >= %(since)s AND started_at < %(until)s
     ORDER BY started_at DESC LIMIT %(each)s)
    UNION ALL
    (SELECT * FROM health_intervals
     WHERE kind = s.kind AND id = s.id AND started_at < %(since)s
     ORDER BY started_at DESC LIMIT 1)
) i
WHERE s.kind <> 'clock' AND s.gate_ids && %(gate_ids)s AND (i.ended_at IS NULL OR i.ended_at > %(since)s)
ORDER BY i.kind, i.id, i.started_at;

-- name: delete
DELETE FROM health_intervals WHERE ended_at < %(before)s;
