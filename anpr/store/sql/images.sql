-- name: record
INSERT INTO images (captured_at, transit_id, role, gate_id, sha256, size, path)
VALUES (%(captured_at)s, %(transit_id)s, %(role)s, %(gate_id)s, %(sha256)s, %(size)s, %(path)s)
ON CONFLICT DO NOTHING;

-- name: roles
SELECT role FROM images WHERE captured_at = %(captured_at)s AND transit_id = %(transit_id)s;

-- name: share
SELECT pg_advisory_xact_lock_shared(hashtextextended('anpr images', 0));
