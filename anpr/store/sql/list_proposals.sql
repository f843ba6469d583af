-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: add
INSERT INTO list_proposals (watchlist_id, kind, entry_id, content, before, file, reason, made_by, made_at, expires_at, urgent_until, tx)
VALUES (%(watchlist_id)s, %(kind)s, %(entry_id)s, %(content)s, %(before)s, %(file)s, %(reason)s, %(by)s, %(at)s, %(expires_at)s,
    %(urgent_until)s, CASE WHEN %(urgent_until)s::timestamptz IS NOT NULL THEN pg_current_xact_id() END)
RETURNING id;

-- name: set_entry
UPDATE list_proposals SET entry_id = %(entry_id)s WHERE id = %(id)s;

-- name: get
SELECT * FROM list_proposals WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s;

-- name: get_locked
SELECT * FROM list_proposals WHERE watchlist_id = %(watchlist_id)s AND id = %(id)s FOR UPDATE;

-- name: of_list
-- Without their files: those that wait first, then the newest that were settled.
SELECT id, watchlist_id, kind, entry_id, content, before, NULL::bytea AS file, reason, made_by, made_at, expires_at, urgent_until,
    state, closed_by, closed_at, answer
FROM list_proposals WHERE watchlist_id = %(watchlist_id)s
ORDER BY state <> 'open', id DESC LIMIT %(limit)s;

-- name: counts
SELECT watchlist_id, count(*) AS count FROM list_proposals WHERE state = 'open' AND expires_at > %(now)s GROUP BY watchlist_id;

-- name: to_decide
-- Those that this person may decide: others made them.
SELECT count(*) AS count FROM list_proposals WHERE state = 'open' AND expires_at > %(now)s AND made_by <> %(name)s;

-- name: close
-- A closed one needs its file no more.
UPDATE list_proposals SET state = %(state)s, closed_by = %(by)s, closed_at = %(at)s, answer = %(answer)s, file = NULL,
    tx = pg_current_xact_id()
WHERE id = %(id)s AND state = 'open'
RETURNING id;

-- name: expire
UPDATE list_proposals SET state = 'expired', closed_at = %(now)s, file = NULL WHERE state = 'open' AND expires_at <= %(now)s
RETURNING id, watchlist_id, kind, made_by;

-- name: forget
DELETE FROM list_proposals WHERE state <> 'open' AND closed_at < %(before)s;
