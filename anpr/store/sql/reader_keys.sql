-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: list
SELECT * FROM reader_keys ORDER BY reader_id, enrolled_at, fingerprint;

-- name: enrol
INSERT INTO reader_keys (fingerprint, reader_id, public_key, enrolled_at)
VALUES (%(fingerprint)s, %(reader_id)s, %(public_key)s, %(at)s)
ON CONFLICT DO NOTHING;

-- name: revoke
UPDATE reader_keys SET revoked_at = %(at)s
WHERE revoked_at IS NULL AND (reader_id = %(name)s OR fingerprint = %(name)s)
RETURNING fingerprint;

-- name: forget
DELETE FROM reader_keys WHERE reader_id = %(reader_id)s RETURNING fingerprint;
