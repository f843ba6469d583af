-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: save
INSERT INTO watchlists (id, name, priority, purpose, legal_basis, match, min_probability)
VALUES (%(id)s, %(name)s, %(priority)s, %(purpose)s, %(legal_basis)s, %(match)s, %(min_probability)s)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, priority = excluded.priority, purpose = excluded.purpose, legal_basis = excluded.legal_basis,
    match = excluded.match, min_probability = excluded.min_probability;

-- name: list
SELECT w.*, count_entries(w.id) AS entries FROM watchlists w ORDER BY w.id;

-- name: names
-- Without the number of entries: counting a million rows takes 100 ms, and every live alarm asks for these.
SELECT id, name FROM watchlists;

-- name: get
SELECT * FROM watchlists WHERE id = %(id)s;

-- name: delete_entries
DELETE FROM entries WHERE watchlist_id = %(id)s;

-- name: delete
DELETE FROM watchlists WHERE id = %(id)s;
