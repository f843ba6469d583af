-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: note
INSERT INTO received_lists (watchlist_id, sender, place, every_s, shrink_percent, growth_percent)
VALUES (%(watchlist_id)s, %(sender)s, %(place)s, %(every_s)s, %(shrink)s, %(growth)s)
ON CONFLICT (watchlist_id) DO UPDATE SET sender = excluded.sender, place = excluded.place, every_s = excluded.every_s,
    shrink_percent = excluded.shrink_percent, growth_percent = excluded.growth_percent
WHERE (received_lists.sender, received_lists.place, received_lists.every_s, received_lists.shrink_percent, received_lists.growth_percent)
    IS DISTINCT FROM (excluded.sender, excluded.place, excluded.every_s, excluded.shrink_percent, excluded.growth_percent);

-- name: stop
DELETE FROM received_lists WHERE watchlist_id = %(watchlist_id)s;

-- name: get
SELECT * FROM received_lists WHERE watchlist_id = %(watchlist_id)s;

-- name: states
SELECT r.*, p.looked_at, p.failing_since, p.failure
FROM received_lists r LEFT JOIN list_places p ON p.watchlist_id = r.watchlist_id AND p.place = r.place
WHERE %(watchlist_id)s::text IS NULL OR r.watchlist_id = %(watchlist_id)s
ORDER BY r.watchlist_id;

-- name: deliveries
SELECT d.* FROM unnest(%(ids)s::text[]) AS of_list
CROSS JOIN LATERAL (
    SELECT * FROM list_deliveries WHERE watchlist_id = of_list ORDER BY id DESC LIMIT %(limit)s
) d ORDER BY d.watchlist_id, d.id DESC;

-- name: begin
INSERT INTO list_deliveries (watchlist_id, arrived_at, file_name, sha256, kind, version, version_rank, base, as_of, outcome, detail,
    by_whom, tx)
VALUES (%(watchlist_id)s, %(at)s, %(file_name)s, %(sha256)s, %(kind)s, %(version)s, %(version_rank)s, %(base)s, %(as_of)s, %(outcome)s,
    %(detail)s, %(by)s, CASE WHEN %(opens)s THEN pg_current_xact_id() END)
RETURNING id;

-- name: effect
UPDATE list_deliveries SET size = %(size)s, added = %(added)s, changed = %(changed)s, unchanged = %(unchanged)s, removed = %(removed)s,
    import_id = %(import_id)s, proposal_id = %(proposal_id)s
WHERE id = %(id)s;

-- name: hold
UPDATE received_lists SET version = %(version)s, version_rank = %(version_rank)s, kind = %(kind)s, sha256 = %(sha256)s, as_of = %(as_of)s,
    taken_at = %(at)s, needs_full = false
WHERE watchlist_id = %(watchlist_id)s AND version_rank IS NOT DISTINCT FROM %(before_rank)s AND sha256 = %(before_sha256)s;

-- name: same
UPDATE received_lists SET as_of = greatest(as_of, %(as_of)s), needs_full = needs_full AND NOT %(is_full)s
WHERE watchlist_id = %(watchlist_id)s;

-- name: want_full
UPDATE received_lists SET needs_full = true WHERE watchlist_id = %(watchlist_id)s;

-- name: mark_undone
UPDATE list_deliveries SET is_undone = true WHERE import_id = %(undone)s AND outcome = 'taken';

-- name: back
-- By the ledger alone: it keeps the newest one taken for longer than its import is kept.
UPDATE received_lists r SET version = d.version, version_rank = d.version_rank, kind = d.kind, sha256 = coalesce(d.sha256, ''),
    as_of = d.as_of, taken_at = d.arrived_at
FROM (VALUES (1)) AS always LEFT JOIN (
    SELECT d.* FROM list_deliveries d
    WHERE d.watchlist_id = %(watchlist_id)s AND d.outcome = 'taken' AND NOT d.is_undone
    ORDER BY d.id DESC LIMIT 1
) d ON true
WHERE r.watchlist_id = %(watchlist_id)s;

-- name: ask
UPDATE received_lists SET asked_at = %(at)s, asked_by = %(by)s WHERE watchlist_id = %(watchlist_id)s;

-- name: held
SELECT count(*) AS count FROM list_proposals p JOIN received_lists r ON r.watchlist_id = p.watchlist_id
WHERE p.kind = 'import' AND p.state = 'open' AND p.expires_at > %(now)s;

-- name: forget
-- Of each list the newest of the old ones that was taken stays: what an undo goes back to.
DELETE FROM list_deliveries d WHERE d.arrived_at < %(before)s AND (d.outcome <> 'taken' OR d.is_undone OR EXISTS (
    SELECT FROM list_deliveries later WHERE later.watchlist_id = d.watchlist_id AND later.id > d.id
        AND later.arrived_at < %(before)s AND later.outcome = 'taken' AND NOT later.is_undone));
