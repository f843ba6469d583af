-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: looked
INSERT INTO list_places (watchlist_id, place, looked_at, failing_since, failure, every_s)
VALUES (%(watchlist_id)s, %(place)s, %(at)s, CASE WHEN %(failure)s <> '' THEN %(at)s::timestamptz END, %(failure)s, %(every_s)s)
ON CONFLICT (watchlist_id, place) DO UPDATE SET looked_at = excluded.looked_at, failure = excluded.failure, every_s = excluded.every_s,
    failing_since = CASE WHEN excluded.failure <> '' THEN coalesce(list_places.failing_since, excluded.failing_since) END;

-- name: get
SELECT looked_at, failing_since, etag, modified, sha256 FROM list_places WHERE watchlist_id = %(watchlist_id)s AND place = %(place)s;

-- name: mark
INSERT INTO list_places (watchlist_id, place, looked_at, etag, modified, sha256)
VALUES (%(watchlist_id)s, %(place)s, %(at)s, %(etag)s, %(modified)s, %(sha256)s)
ON CONFLICT (watchlist_id, place) DO UPDATE SET etag = excluded.etag, modified = excluded.modified, sha256 = excluded.sha256;

-- name: troubled
-- Those whose last look failed, and those that nobody has looked at since.
SELECT w.name, p.watchlist_id, p.place, p.looked_at, p.failing_since, p.failure
FROM list_places p JOIN watchlists w ON w.id = p.watchlist_id
WHERE p.failing_since IS NOT NULL
   OR p.looked_at < %(now)s - greatest(%(least)s, %(looks)s * coalesce(p.every_s, %(every_s)s) * interval '1 second')
ORDER BY coalesce(p.failing_since, p.looked_at), p.watchlist_id;

-- name: looked_at
SELECT w.name, p.watchlist_id, p.place, p.looked_at, p.failing_since, p.failure
FROM list_places p JOIN watchlists w ON w.id = p.watchlist_id ORDER BY w.name, p.place;

-- name: forget_places
-- Those that the settings name no more.
DELETE FROM list_places WHERE looked_at < %(before)s;

-- name: taken
SELECT file_name, size, written_at FROM list_fetches WHERE watchlist_id = %(watchlist_id)s AND place = %(place)s;

-- name: take
INSERT INTO list_fetches (watchlist_id, place, file_name, size, written_at, fetched_at, seen_at)
VALUES (%(watchlist_id)s, %(place)s, %(file_name)s, %(size)s, %(written_at)s, %(at)s, %(at)s)
ON CONFLICT (watchlist_id, place, file_name, size, written_at) DO UPDATE SET seen_at = excluded.seen_at;

-- name: seen
UPDATE list_fetches f SET seen_at = %(at)s
FROM unnest(%(names)s::text[], %(sizes)s::bigint[], %(times)s::bigint[]) AS there (file_name, size, written_at)
WHERE f.watchlist_id = %(watchlist_id)s AND f.place = %(place)s AND f.file_name = there.file_name AND f.size = there.size
  AND f.written_at = there.written_at;

-- name: forget
DELETE FROM list_fetches WHERE watchlist_id = %(watchlist_id)s AND place = %(place)s AND seen_at < %(before)s;

-- name: refused_files
-- The newest of each list, unless one was imported since.
SELECT DISTINCT ON (a.detail ->> 'watchlist') a.detail ->> 'watchlist' AS watchlist_id, a.detail ->> 'file' AS file_name, a.at,
    (a.detail ->> 'rejected')::integer AS rejected
FROM audit a JOIN watchlists w ON w.id = a.detail ->> 'watchlist'
WHERE a.action = 'watchlist-import-refused' AND a.at > %(since)s
  AND NOT EXISTS (SELECT FROM list_imports i WHERE i.watchlist_id = w.id AND i.imported_at > a.at AND i.mode <> 'undo')
ORDER BY a.detail ->> 'watchlist', a.seq DESC;
