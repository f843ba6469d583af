-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: add
INSERT INTO health_subjects (kind, id, reader_id, gate_ids, heard_at)
SELECT kind, id, reader_id, gate_ids, %(heard_at)s
FROM jsonb_to_recordset(%(subjects)s) s (kind text, id text, reader_id text, gate_ids text[])
ORDER BY kind COLLATE "C", id COLLATE "C"
ON CONFLICT DO NOTHING;

-- name: lock
SELECT h.kind, h.id, h.reader_id, h.gate_ids, h.reported_at, h.heard_at, h.offsets
FROM jsonb_to_recordset(%(subjects)s) s (kind text, id text) JOIN health_subjects h USING (kind, id)
ORDER BY h.kind, h.id
FOR UPDATE OF h;

-- name: states
-- LATERAL keeps it a look into the index for each subject.
SELECT i.*
FROM jsonb_to_recordset(%(subjects)s) s (kind text, id text, since timestamptz)
JOIN health_subjects h USING (kind, id)
CROSS JOIN LATERAL (
    SELECT * FROM health_intervals i
    WHERE i.kind = h.kind AND i.id = h.id
        AND (i.ended_at IS NULL OR i.ended_at > least(s.since, h.reported_at))
    ORDER BY i.started_at
) i;

-- name: heard
UPDATE health_subjects h
SET reader_id = r.reader_id, gate_ids = r.gate_ids, reported_at = r.reported_at, offsets = r.offsets,
    heard_at = greatest(h.heard_at, r.heard_at)
FROM jsonb_to_recordset(%(rows)s) r (
    kind text, id text, reader_id text, gate_ids text[], reported_at timestamptz, heard_at timestamptz,
    offsets double precision[]
)
WHERE h.kind = r.kind AND h.id = r.id;

-- name: forget
DELETE FROM health_intervals i
USING jsonb_to_recordset(%(rows)s) r (kind text, id text, started_at timestamptz)
WHERE i.kind = r.kind AND i.id = r.id AND i.started_at = r.started_at;

-- name: put
INSERT INTO health_intervals (kind, id, started_at, ended_at, state, reader_id, gate_ids)
SELECT kind, id, started_at, ended_at, state, reader_id, gate_ids
FROM jsonb_to_recordset(%(rows)s) r (
    kind text, id text, started_at timestamptz, ended_at timestamptz, state text, reader_id text, gate_ids text[]
);
