-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: list
SELECT * FROM organisations ORDER BY id;

-- name: add
INSERT INTO organisations (id, name, kind, contact, controller)
VALUES (%(id)s, %(name)s, %(kind)s, %(contact)s, %(controller)s)
ON CONFLICT DO NOTHING;

-- name: change
UPDATE organisations SET name = %(name)s, kind = %(kind)s, contact = %(contact)s, controller = %(controller)s
WHERE id = %(id)s;

-- name: name_manager
UPDATE organisations SET name = %(name)s WHERE id = 'manager' AND name = '';

-- name: own_gate
UPDATE gates SET organisation_id = %(organisation)s WHERE id = %(id)s RETURNING id;

-- name: own_watchlist
UPDATE watchlists SET organisation_id = %(organisation)s WHERE id = %(id)s RETURNING id;

-- name: gates
SELECT id, organisation_id FROM gates ORDER BY id;

-- name: watchlists
SELECT watchlist_id AS id, organisation_id FROM watchlist_owners ORDER BY watchlist_id;

-- name: may
SELECT NOT row_security_active('transits') OR acting_may(%(action)s, %(gate)s) AS may;

-- name: searchable
-- As acting_may says of a configured gate, asked once for all of them.
SELECT id FROM gates WHERE NOT row_security_active('transits') OR id IN (SELECT acting_gates('search'));

-- name: is_shared
SELECT EXISTS (SELECT FROM organisations WHERE id <> 'manager') AS is_shared;

-- name: watched
-- The places, among these pairs of gate and list, of those that are compared.
SELECT h.place FROM unnest(%(gates)s::text[], %(watchlists)s::text[]) WITH ORDINALITY h (gate, watchlist, place)
WHERE is_watched(h.gate, h.watchlist, %(day)s);

-- name: unprotected
SELECT name FROM unnest(%(tables)s::text[]) AS name WHERE NOT row_security_active(name) ORDER BY name;
