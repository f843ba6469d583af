-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: note
-- The anti-join first, as with plates: nearly all texts are known, and ON CONFLICT would lock and rewrite their rows.
-- No more than the limit in all: a reader that says something new of each transit fills no disk.
INSERT INTO reader_software (id, text, last_day)
SELECT n.id, n.text, n.day
FROM unnest(%(ids)s::bigint[], %(texts)s::text[], %(days)s::date[]) AS n (id, text, day)
LEFT JOIN reader_software s ON s.id = n.id
WHERE (s.id IS NULL AND (SELECT count(*) FROM reader_software) < %(most)s) OR s.last_day < n.day
ORDER BY n.id
ON CONFLICT (id) DO UPDATE SET last_day = greatest(reader_software.last_day, excluded.last_day);

-- name: get
SELECT text FROM reader_software WHERE id = %(id)s;

-- name: forget
-- What is held for a case may be of any age.
DELETE FROM reader_software WHERE last_day < %(before)s AND NOT EXISTS (SELECT FROM held_transits);
