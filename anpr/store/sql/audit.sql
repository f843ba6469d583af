-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('anpr audit', 0));

-- name: last
SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1;

-- name: append
INSERT INTO audit (seq, at, actor, action, reason, case_reference, detail, previous_hash, hash)
VALUES (%(seq)s, %(at)s, %(actor)s, %(action)s, %(reason)s, %(case_reference)s, %(detail)s, %(previous_hash)s, %(hash)s);

-- name: list
SELECT * FROM audit
WHERE %(before_seq)s::bigint IS NULL OR seq < %(before_seq)s
ORDER BY seq DESC LIMIT %(limit)s;

-- name: get
SELECT * FROM audit WHERE seq = %(seq)s;

-- name: walk
SELECT * FROM audit WHERE seq >= %(first)s ORDER BY seq;

-- name: of_hold
SELECT * FROM audit WHERE action LIKE 'hold-%%' AND detail->>'hold' = %(number)s::text ORDER BY seq LIMIT %(limit)s;

-- name: of_request
SELECT * FROM audit WHERE action LIKE 'request-%%' AND detail->>'request' = %(number)s::text ORDER BY seq LIMIT %(limit)s;
