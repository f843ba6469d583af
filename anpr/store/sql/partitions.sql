-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: ensure
SELECT ensure_partition(%(table)s, %(day)s) AS made;

-- name: ensure_purposes
-- In the order in which they are given: whoever makes some takes its locks in one order. OFFSET 0 calls each once.
SELECT count(*) FILTER (WHERE made) AS count FROM (
    SELECT ensure_purpose_partition(%(table)s, day, purpose) AS made
    FROM unnest(%(days)s::date[], %(purposes)s::text[]) AS part (day, purpose) OFFSET 0
) done;

-- name: list_purposes
-- The day stands in the name of the partition above.
SELECT to_date(right(d.relname, 8), 'YYYYMMDD') AS day,
    substring(pg_get_expr(c.relpartbound, c.oid) FROM '^FOR VALUES IN \(''(.*)''\)$') AS purpose
FROM pg_inherits i
JOIN pg_class d ON d.oid = i.inhrelid
JOIN pg_inherits j ON j.inhparent = d.oid
JOIN pg_class c ON c.oid = j.inhrelid
WHERE i.inhparent = to_regclass(%(table)s)
ORDER BY day, purpose;

-- name: list
SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(%(table)s)
ORDER BY day;

-- name: drop
SELECT drop_partition(%(table)s, %(day)s);
