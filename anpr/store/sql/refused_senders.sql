-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: known
-- Readers that were heard of, and gates of the settings. Whoever is refused may say any name; only those are counted apart,
-- and only so many.
SELECT s.sender FROM unnest(%(senders)s::text[]) s (sender)
WHERE EXISTS (SELECT FROM refused_senders r WHERE r.sender = s.sender)
   OR ((EXISTS (SELECT FROM health_subjects h WHERE h.kind = 'reader' AND 'reader/' || h.id = s.sender)
        OR EXISTS (SELECT FROM gates g WHERE 'gate/' || g.id = s.sender))
       AND (SELECT count(*) FROM refused_senders) < %(most)s);

-- name: add
INSERT INTO refused_senders (sender, since, last_at, day)
SELECT sender, %(now)s, %(now)s, %(day)s FROM unnest(%(senders)s::text[]) sender ORDER BY sender
ON CONFLICT DO NOTHING;

-- name: lock
SELECT * FROM refused_senders WHERE sender = ANY (%(senders)s::text[]) ORDER BY sender FOR UPDATE;

-- name: kept_of_day
SELECT coalesce(sum(kept), 0)::bigint AS kept, coalesce(sum(kept_bytes), 0)::bigint AS kept_bytes
FROM refused_senders WHERE day = %(day)s;

-- name: update
UPDATE refused_senders
SET since = %(since)s, refused = %(refused)s, last_at = %(last_at)s, last_reason = %(last_reason)s,
    parked_at = %(parked_at)s, day = %(day)s, kept = %(kept)s, kept_bytes = %(kept_bytes)s, not_kept = %(not_kept)s
WHERE sender = %(sender)s;

-- name: parked
SELECT * FROM refused_senders WHERE parked_at IS NOT NULL AND last_at > %(since)s ORDER BY sender;

-- name: delete
DELETE FROM refused_senders WHERE last_at < %(before)s;
