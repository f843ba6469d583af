-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock_lists
-- Changes of lists happen one after the other (migration 5): in line first, or two could wait for each other.
SELECT version FROM list_version FOR NO KEY UPDATE;

-- name: lock_list
-- NO KEY UPDATE: other importers wait, foreign-key checks of entries do not.
SELECT id FROM watchlists WHERE id = %(watchlist_id)s FOR NO KEY UPDATE;

-- name: create_staging
CREATE TEMPORARY TABLE IF NOT EXISTS staging_entries (
    plate      text COLLATE "C" NOT NULL,
    look_alike text COLLATE "C" NOT NULL,
    reason     text             NOT NULL,
    valid_from timestamptz,
    valid_to   timestamptz
) ON COMMIT DELETE ROWS;

-- name: empty_staging
DELETE FROM staging_entries;

-- name: copy_staging
COPY staging_entries (plate, look_alike, reason, valid_from, valid_to) FROM STDIN;

-- name: remove_others
DELETE FROM entries e
WHERE watchlist_id = %(watchlist_id)s
  AND NOT EXISTS (
      SELECT FROM staging_entries s
      WHERE s.plate = e.plate
        AND coalesce(s.valid_from, '-infinity') = coalesce(e.valid_from, '-infinity')
        AND coalesce(s.valid_to, 'infinity') = coalesce(e.valid_to, 'infinity')
  );

-- name: change
UPDATE entries e SET reason = s.reason
FROM staging_entries s
WHERE e.watchlist_id = %(watchlist_id)s AND s.plate = e.plate AND s.reason <> e.reason
  AND coalesce(s.valid_from, '-infinity') = coalesce(e.valid_from, '-infinity')
  AND coalesce(s.valid_to, 'infinity') = coalesce(e.valid_to, 'infinity');

-- name: add_new
INSERT INTO entries (watchlist_id, plate, look_alike, reason, valid_from, valid_to)
SELECT %(watchlist_id)s, plate, look_alike, reason, valid_from, valid_to FROM staging_entries
ON CONFLICT (watchlist_id, plate, valid_from, valid_to) DO NOTHING;

-- name: add
INSERT INTO entries (watchlist_id, plate, look_alike, reason, valid_from, valid_to)
VALUES (%(watchlist_id)s, %(plate)s, %(look_alike)s, %(reason)s, %(valid_from)s, %(valid_to)s)
ON CONFLICT (watchlist_id, plate, valid_from, valid_to) DO NOTHING
RETURNING *;

-- name: remove
DELETE FROM entries WHERE watchlist_id = %(watchlist_id)s AND plate = %(plate)s RETURNING *;

-- name: list
SELECT * FROM entries WHERE watchlist_id = %(watchlist_id)s AND id > %(after_id)s ORDER BY id LIMIT %(limit)s;
