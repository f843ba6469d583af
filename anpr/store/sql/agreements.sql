-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: make
INSERT INTO agreements (grantor_id, grantee_id, gate_ids, watchlist_ids, actions, purpose, document, starts_on, ends_on,
    made_at, made_by)
VALUES (%(grantor_id)s, %(grantee_id)s, %(gate_ids)s, %(watchlist_ids)s, %(actions)s, %(purpose)s, %(document)s,
    %(starts_on)s, %(ends_on)s, %(at)s, %(by)s)
RETURNING *;

-- name: list
SELECT * FROM agreements ORDER BY id DESC;

-- name: lock
SELECT * FROM agreements WHERE id = %(id)s FOR UPDATE;

-- name: end
UPDATE agreements SET ended_at = %(at)s, ended_by = %(by)s WHERE id = %(id)s RETURNING *;

-- name: warn
-- In force or coming, and about to end; once each.
UPDATE agreements SET warned_at = %(at)s
WHERE warned_at IS NULL AND ended_at IS NULL AND ends_on >= %(day)s AND ends_on <= %(warn_until)s
RETURNING *;

-- name: stop
UPDATE agreements SET stopped_at = %(at)s
WHERE stopped_at IS NULL AND (ended_at IS NOT NULL OR ends_on < %(day)s)
RETURNING *;
