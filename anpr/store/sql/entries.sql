-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock_lists
-- Changes of lists happen one after the other (migration 5): in line first, or two could wait for each other.
SELECT lock_list_changes();

-- name: lock_list
-- NO KEY UPDATE: other importers wait, foreign-key checks of entries do not. Closed: what changes it must be approved first.
SELECT id, second_person AND NOT may_change_list(id) AS is_closed FROM watchlists WHERE id = %(watchlist_id)s FOR NO KEY UPDATE;

-- name: is_by_hand
-- Whether it is received, and this transaction brings none of its deliveries.
SELECT EXISTS (SELECT FROM received_lists WHERE watchlist_id = %(watchlist_id)s) AND NOT EXISTS (
    SELECT FROM list_deliveries WHERE watchlist_id = %(watchlist_id)s AND tx = pg_current_xact_id()
) AS is_by_hand;

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

-- name: create_removals
CREATE TEMPORARY TABLE IF NOT EXISTS staging_removals (
    plate      text COLLATE "C" NOT NULL,
    valid_from timestamptz,
    valid_to   timestamptz,
    whatever   boolean          NOT NULL
) ON COMMIT DELETE ROWS;

-- name: empty_removals
DELETE FROM staging_removals;

-- name: copy_removals
COPY staging_removals (plate, valid_from, valid_to, whatever) FROM STDIN;

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
UPDATE entries e SET reason = s.reason, edited_by = acting_author(), edited_at = acting_moment()
FROM staging_entries s
WHERE e.watchlist_id = %(watchlist_id)s AND s.plate = e.plate AND s.reason <> e.reason
  AND coalesce(s.valid_from, '-infinity') = coalesce(e.valid_from, '-infinity')
  AND coalesce(s.valid_to, 'infinity') = coalesce(e.valid_to, 'infinity');

-- name: add_new
INSERT INTO entries (watchlist_id, plate, look_alike, reason, valid_from, valid_to)
SELECT %(watchlist_id)s, plate, look_alike, reason, valid_from, valid_to FROM staging_entries
ON CONFLICT (watchlist_id, plate, valid_from, valid_to) DO NOTHING;

-- name: add
INSERT INTO entries (watchlist_id, plate, look_alike, reason, valid_from, valid_to, instructions)
VALUES (%(watchlist_id)s, %(plate)s, %(look_alike)s, %(reason)s, %(valid_from)s, %(valid_to)s, %(instructions)s)
ON CONFLICT (watchlist_id, plate, valid_from, valid_to) DO NOTHING
RETURNING *;

-- name: remove
DELETE FROM entries WHERE watchlist_id = %(watchlist_id)s AND plate = %(plate)s RETURNING *;

-- name: list
SELECT * FROM entries WHERE watchlist_id = %(watchlist_id)s AND id > %(after_id)s ORDER BY id LIMIT %(limit)s;

-- name: confirm_list
SELECT confirm_list(%(watchlist_id)s);

-- name: find
-- What the function names, with the rights of whoever asks.
SELECT e.* FROM (
    SELECT find_entries(%(watchlist_id)s, %(exact)s::text, %(pattern)s::text, %(said)s::text, %(validity)s::text,
        %(moment)s::timestamptz, %(before)s, %(limit)s) AS id
) found JOIN entries e ON e.id = found.id
ORDER BY e.id DESC;

-- name: one
SELECT * FROM entries WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s;

-- name: count_ending
SELECT count(*) AS count FROM entries
WHERE watchlist_id = %(watchlist_id)s AND valid_to > %(now)s AND valid_to <= %(now)s::timestamptz + interval '14 days';

-- name: ending_by_list
SELECT w.id, w.name, w.organisation_id, e.number, e.first_end
FROM watchlists w CROSS JOIN LATERAL (
    SELECT count(*) AS number, min(valid_to) AS first_end FROM entries
    WHERE watchlist_id = w.id AND valid_to > %(now)s AND valid_to <= %(now)s::timestamptz + interval '14 days'
) e WHERE e.number > 0 ORDER BY e.first_end, w.id;

-- name: twin
-- Another one with this plate and validity.
SELECT id FROM entries
WHERE watchlist_id = %(watchlist_id)s AND plate = %(plate)s AND id <> %(id)s
  AND valid_from IS NOT DISTINCT FROM %(valid_from)s::timestamptz AND valid_to IS NOT DISTINCT FROM %(valid_to)s::timestamptz;

-- name: change_one
UPDATE entries SET reason = %(reason)s, instructions = %(instructions)s, valid_from = %(valid_from)s, valid_to = %(valid_to)s,
    edited_by = acting_author(), edited_at = acting_moment()
WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s
RETURNING *;

-- name: remove_one
DELETE FROM entries WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s RETURNING *;

-- name: restore
INSERT INTO entries (watchlist_id, plate, look_alike, reason, valid_from, valid_to, author, added_at,
    instructions)
VALUES (%(watchlist_id)s, %(plate)s, %(look_alike)s, %(reason)s, %(valid_from)s, %(valid_to)s, %(author)s, %(added_at)s,
    %(instructions)s)
ON CONFLICT (watchlist_id, plate, valid_from, valid_to) DO NOTHING
RETURNING *;

-- name: lists_of_plate
-- By the plate itself, or by a partial one that stands for it.
SELECT e.id, e.plate ~ '[*?]' AS is_partial, e.watchlist_id, w.name, w.priority, w.valid_to AS list_valid_to, e.valid_from, e.valid_to, e.added_at
FROM entries e JOIN watchlists w ON w.id = e.watchlist_id
WHERE e.plate = %(plate)s OR e.id IN (SELECT e.id FROM entries e WHERE e.plate ~ '[*?]' AND %(plate)s LIKE plate_like(e.plate))
ORDER BY e.watchlist_id, e.id DESC LIMIT %(limit)s;
