-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: known
-- LIMIT keeps it a look into one index for each id: joined, whole days would be read. The bounds are those of the batch, so
-- that the planner leaves out all other days; within a day an id is unique, save what was stored before that was so.
SELECT t.*
FROM unnest(%(ids)b::uuid[]) k (id)
CROSS JOIN LATERAL (
    SELECT id, captured_at, gate_id, camera_id, reader_id, plate, raw, country, direction, images FROM transits
    WHERE transits.id = k.id AND captured_at >= %(since)s AND captured_at <= %(until)s
    ORDER BY received_at LIMIT 1
) t;
