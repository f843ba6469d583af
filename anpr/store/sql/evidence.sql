-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: add
INSERT INTO evidence_packages (investigation_id, asked_at, asked_by, reason, told_at, file_name)
VALUES (%(investigation)s, %(at)s, %(by)s, %(reason)s, %(at)s, %(file)s)
ON CONFLICT DO NOTHING RETURNING *;

-- name: give_up
-- Nobody tells of them any more: the console that made them has ended.
UPDATE evidence_packages SET state = 'failed', failure = 'interrupted', finished_at = %(at)s
WHERE state = 'making' AND told_at < %(before)s;

-- name: progress
UPDATE evidence_packages SET done = %(done)s, total = %(total)s, told_at = %(at)s WHERE id = %(id)s AND state = 'making' RETURNING id;

-- name: ready
UPDATE evidence_packages SET state = 'ready', done = %(total)s, total = %(total)s, told_at = %(at)s, finished_at = %(at)s,
    size = %(size)s, sha256 = %(sha256)s, missing = %(missing)s, stamp_authority = %(authority)s, stamped_at = %(stamped_at)s,
    stamp_failure = %(failure)s
WHERE id = %(id)s AND state = 'making' RETURNING id;

-- name: stamped
UPDATE evidence_packages SET file_name = %(file)s, size = %(size)s, sha256 = %(sha256)s, stamp_authority = %(authority)s,
    stamped_at = %(at)s, stamp_failure = NULL
WHERE id = %(id)s AND state = 'ready' AND file_name = %(before)s AND stamped_at IS NULL RETURNING id;

-- name: fail
UPDATE evidence_packages SET state = 'failed', failure = %(why)s, finished_at = %(at)s WHERE id = %(id)s AND state = 'making';

-- name: list
SELECT * FROM evidence_packages WHERE investigation_id = %(investigation)s ORDER BY id DESC LIMIT 50;

-- name: get
SELECT * FROM evidence_packages WHERE investigation_id = %(investigation)s AND id = %(id)s;

-- name: link
UPDATE evidence_packages SET link_hash = %(hash)s, link_to = %(to)s, link_by = %(by)s, link_until = %(until)s, link_used_at = NULL
WHERE id = %(id)s AND state = 'ready' RETURNING id;

-- name: end_link
UPDATE evidence_packages SET link_hash = NULL WHERE id = %(id)s AND link_hash IS NOT NULL RETURNING id;

-- name: by_link
SELECT * FROM evidence_packages WHERE link_hash = %(hash)s;

-- name: use_link
UPDATE evidence_packages SET link_used_at = %(at)s
WHERE id = %(id)s AND state = 'ready' AND link_hash = %(hash)s AND link_used_at IS NULL AND link_until > %(at)s RETURNING id;

-- name: expire
UPDATE evidence_packages SET state = 'gone', link_hash = NULL WHERE state = 'ready' AND finished_at < %(before)s RETURNING file_name;

-- name: files
SELECT file_name FROM evidence_packages WHERE state IN ('making', 'ready');
