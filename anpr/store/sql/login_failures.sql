-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('anpr login failures', 0));

-- name: forget
DELETE FROM login_failures WHERE last_at < %(before)s;

-- name: read
SELECT kind, failures, first_at, last_at FROM login_failures
WHERE (kind = 'here' AND subject = %(here)s) OR (kind = 'address' AND subject = %(address)s)
   OR (kind = 'account' AND subject = %(account)s);

-- name: is_known
SELECT 1 AS known FROM login_places WHERE place = %(place)s;

-- name: count
INSERT INTO login_failures AS f (kind, subject, failures, first_at, last_at)
VALUES (%(kind)s, %(subject)s, 1, %(at)s, %(at)s)
ON CONFLICT (kind, subject) DO UPDATE SET
    failures = CASE WHEN %(is_over)s THEN 1 ELSE f.failures + 1 END,
    first_at = CASE WHEN %(is_over)s THEN EXCLUDED.first_at ELSE f.first_at END,
    last_at = EXCLUDED.last_at;

-- name: bound
DELETE FROM login_failures f USING (
    SELECT kind, subject FROM login_failures WHERE kind = %(kind)s ORDER BY last_at DESC OFFSET %(most)s
) old WHERE f.kind = old.kind AND f.subject = old.subject;

-- name: clear
DELETE FROM login_failures WHERE kind = 'here' AND subject = %(here)s;

-- name: take_back
UPDATE login_failures SET failures = greatest(0, failures - 1)
WHERE (kind = 'address' AND subject = %(address)s) OR (kind = 'account' AND subject = %(account)s);

-- name: know
INSERT INTO login_places (place, seen_at) VALUES (%(place)s, %(at)s)
ON CONFLICT (place) DO UPDATE SET seen_at = EXCLUDED.seen_at;

-- name: bound_places
DELETE FROM login_places WHERE seen_at < %(before)s OR place IN (
    SELECT place FROM login_places ORDER BY seen_at DESC OFFSET %(most)s
);

-- name: rows
SELECT count(*) AS rows FROM login_failures WHERE kind = %(kind)s;
