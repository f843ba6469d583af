-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('anpr audit', 0));

-- name: last
-- Also for who may not see that row; `organisation`: for which one this transaction acts.
SELECT acting_organisation() AS organisation, head.seq, head.hash FROM (VALUES (0)) one LEFT JOIN audit_head() head ON true;

-- name: organisation_of
SELECT organisation_id FROM users WHERE name = %(name)s;

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
