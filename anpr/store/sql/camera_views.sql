-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: save
-- Of a camera that its gate has, and whose health no other reader reports; a view without an image leaves the one before,
-- until it is too old.
INSERT INTO camera_views AS v (camera_id, gate_id, reader_id, at, received_at, state, figures, regions, masks, answered_at, image_at,
    boxes, image)
SELECT %(camera_id)s, g.id, %(reader_id)s, %(at)s, %(received_at)s, %(state)s, %(figures)s, %(regions)s, %(masks)s,
    %(answered_at)s, %(image_at)s, %(boxes)s, %(image)s
FROM gates g
WHERE g.id = %(gate_id)s AND g.cameras @> jsonb_build_array(jsonb_build_object('id', %(camera_id)s::text))
  AND NOT EXISTS (
      SELECT FROM health_subjects h
      WHERE h.kind = 'camera' AND h.id = %(camera_id)s AND h.reader_id <> %(reader_id)s
  )
ON CONFLICT (camera_id) DO UPDATE SET gate_id = excluded.gate_id, reader_id = excluded.reader_id, at = excluded.at,
    received_at = excluded.received_at, state = excluded.state, figures = coalesce(excluded.figures, v.figures),
    regions = excluded.regions, masks = excluded.masks, answered_at = coalesce(excluded.answered_at, v.answered_at),
    image_at = CASE WHEN excluded.image IS NULL AND v.gate_id = excluded.gate_id THEN v.image_at ELSE excluded.image_at END,
    boxes = CASE WHEN excluded.image IS NULL AND v.gate_id = excluded.gate_id THEN v.boxes ELSE excluded.boxes END,
    image = CASE WHEN excluded.image IS NULL AND v.gate_id = excluded.gate_id THEN v.image ELSE excluded.image END
WHERE v.at < excluded.at;

-- name: get
SELECT camera_id, gate_id, reader_id, at, received_at, state, figures, regions, masks, answered_at, boxes,
    image_at, image_at > %(since)s AND image IS NOT NULL AS has_image
FROM camera_views WHERE gate_id = %(gate_id)s AND camera_id = %(camera_id)s;

-- name: image
SELECT image FROM camera_views
WHERE gate_id = %(gate_id)s AND camera_id = %(camera_id)s AND image_at > %(since)s AND image IS NOT NULL;

-- name: forget_images
UPDATE camera_views SET image = NULL, image_at = NULL, boxes = '[]' WHERE image_at <= %(before)s;

-- name: ask
INSERT INTO view_requests (camera_id, gate_id, asked_at, asked_by)
VALUES (%(camera_id)s, %(gate_id)s, %(asked_at)s, %(asked_by)s)
ON CONFLICT (camera_id) DO UPDATE SET gate_id = excluded.gate_id, asked_at = excluded.asked_at,
    asked_by = excluded.asked_by, handed_at = NULL;

-- name: asked
SELECT asked_at, handed_at FROM view_requests WHERE gate_id = %(gate_id)s AND camera_id = %(camera_id)s;

-- name: take
-- Two processes may look at once: each request is handed on by one of them.
UPDATE view_requests SET handed_at = %(now)s
WHERE camera_id IN (
    SELECT camera_id FROM view_requests WHERE handed_at IS NULL AND asked_at > %(since)s
    ORDER BY camera_id FOR UPDATE SKIP LOCKED
) RETURNING camera_id, asked_at;

-- name: forget_requests
DELETE FROM view_requests WHERE asked_at <= %(before)s;
