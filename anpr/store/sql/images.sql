-- name: record
INSERT INTO images (captured_at, transit_id, role, gate_id, sha256, size, path)
SELECT * FROM unnest(
    %(captured_at)s::timestamptz[], %(transit_id)s::uuid[], %(role)s::text[], %(gate_id)s::text[], %(sha256)s::text[],
    %(size)s::integer[], %(path)s::text[]
)
ON CONFLICT DO NOTHING;

-- name: roles
SELECT role FROM images WHERE captured_at = %(captured_at)s AND transit_id = %(transit_id)s;

-- name: share
SELECT pg_advisory_xact_lock_shared(hashtextextended('anpr images', 0));
