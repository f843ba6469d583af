-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: save
INSERT INTO watchlists (id, name, kind, priority, purpose, legal_basis, match, min_probability, valid_to, stale_after_hours,
    instructions, second_person, urgent_hours, settings_by, settings_at)
VALUES (%(id)s, %(name)s, %(kind)s, %(priority)s, %(purpose)s, %(legal_basis)s, %(match)s, %(min_probability)s, %(valid_to)s,
    %(stale_after_hours)s, %(instructions)s, %(second_person)s, %(urgent_hours)s, acting_author(), acting_moment())
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, kind = excluded.kind, priority = excluded.priority, purpose = excluded.purpose, legal_basis = excluded.legal_basis,
    match = excluded.match, min_probability = excluded.min_probability,
    valid_to = excluded.valid_to, stale_after_hours = excluded.stale_after_hours, instructions = excluded.instructions,
    second_person = excluded.second_person, urgent_hours = excluded.urgent_hours, settings_by = excluded.settings_by,
    settings_at = excluded.settings_at;

-- name: list
SELECT w.*, count_entries(w.id) AS entries FROM watchlists w ORDER BY w.id;

-- name: names
-- Without the number of entries: counting a million rows takes 100 ms, and every live alarm asks for these.
SELECT id, name FROM watchlists;

-- name: ends
SELECT id, name, valid_to, organisation_id FROM watchlists WHERE valid_to IS NOT NULL ORDER BY valid_to, id;

-- name: get
SELECT * FROM watchlists WHERE id = %(id)s;

-- name: delete_entries
DELETE FROM entries WHERE watchlist_id = %(id)s;

-- name: delete
DELETE FROM watchlists WHERE id = %(id)s;

-- name: add
INSERT INTO watchlists (id, name, kind, priority, purpose, legal_basis, match, min_probability, valid_to, stale_after_hours,
    instructions, second_person, urgent_hours, settings_by, settings_at)
VALUES (%(id)s, %(name)s, %(kind)s, %(priority)s, %(purpose)s, %(legal_basis)s, %(match)s, %(min_probability)s, %(valid_to)s,
    %(stale_after_hours)s, %(instructions)s, %(second_person)s, %(urgent_hours)s, acting_author(), acting_moment());

-- name: change
UPDATE watchlists SET name = %(name)s, kind = %(kind)s, priority = %(priority)s, purpose = %(purpose)s, legal_basis = %(legal_basis)s,
    match = %(match)s, min_probability = %(min_probability)s, valid_to = %(valid_to)s,
    stale_after_hours = %(stale_after_hours)s, instructions = %(instructions)s, second_person = %(second_person)s,
    urgent_hours = %(urgent_hours)s, settings_by = acting_author(), settings_at = acting_moment()
WHERE id = %(id)s
RETURNING id;

-- name: is_taken
-- Somebody's now, or another organisation's once.
SELECT EXISTS (SELECT FROM watchlists WHERE id = %(id)s)
    OR %(id)s IN (SELECT known_watchlists()) AND NOT EXISTS (
        SELECT FROM watchlist_owners WHERE watchlist_id = %(id)s AND organisation_id = owner_of_new()
    ) AS is_taken;

-- name: cards
SELECT w.*, count_entries(w.id) AS entries, r.sender, r.as_of
FROM watchlists w LEFT JOIN received_lists r ON r.watchlist_id = w.id
WHERE %(id)s::text IS NULL OR w.id = %(id)s ORDER BY w.id;

-- name: ages
SELECT w.*, r.sender, r.as_of FROM watchlists w LEFT JOIN received_lists r ON r.watchlist_id = w.id
WHERE w.stale_after_hours IS NOT NULL ORDER BY w.id;
