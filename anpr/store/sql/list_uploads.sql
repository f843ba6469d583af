-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: add
INSERT INTO list_uploads (watchlist_id, file_name, content, mode, source, how, uploaded_by, uploaded_at)
VALUES (%(watchlist_id)s, %(file_name)s, %(content)s, %(mode)s, %(source)s, %(how)s, %(by)s, %(at)s)
RETURNING id;

-- name: get
SELECT * FROM list_uploads WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s;

-- name: of_list
SELECT id, watchlist_id, file_name, mode, source, how, uploaded_by, uploaded_at, ''::bytea AS content
FROM list_uploads WHERE watchlist_id = %(watchlist_id)s ORDER BY id DESC;

-- name: change
UPDATE list_uploads SET mode = %(mode)s, source = %(source)s, how = %(how)s
WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s
RETURNING id;

-- name: remove
DELETE FROM list_uploads WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s RETURNING id;

-- name: forget
DELETE FROM list_uploads WHERE uploaded_at < %(before)s;
