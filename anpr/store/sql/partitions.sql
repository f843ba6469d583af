-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: ensure
SELECT ensure_partition(%(table)s, %(day)s) AS made;

-- name: list
SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(%(table)s)
ORDER BY day;

-- name: drop
SELECT drop_partition(%(table)s, %(day)s);
