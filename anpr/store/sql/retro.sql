-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: writers
-- Transactions that store transits, or are about to, and are not over. The lock goes after the commit is visible.
SELECT virtualtransaction AS writer FROM pg_locks
WHERE locktype = 'relation' AND relation = 'transits'::regclass AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pid IS DISTINCT FROM pg_backend_pid();

-- name: pending
SELECT count(*) AS count FROM entries e, retro_progress p WHERE (e.version, e.id) > (p.version, p.entry_id);

-- name: progress
-- None when somebody else is at it.
SELECT * FROM retro_progress FOR UPDATE SKIP LOCKED;

-- name: next_round
-- The next entries, all of one change.
SELECT version, max(id) AS entry_id, count(*) AS entries,
    array_agg(DISTINCT watchlist_id) AS watchlists, bool_or(match = 'probability') AS by_probability
FROM (
    SELECT e.version, e.id, e.watchlist_id, w.match
    FROM entries e JOIN watchlists w ON w.id = e.watchlist_id
    WHERE (e.version, e.id) > (%(version)s, %(entry_id)s) AND e.version <= %(until_version)s
    ORDER BY e.version, e.id LIMIT %(limit)s
) next
GROUP BY version ORDER BY version LIMIT 1;

-- name: past_plates
-- What passed with an entry's plate, or one like it, by index: the newest of each entry, all that is as good as live, and
-- how many there are.
SELECT p.*, e.id AS entry_id
FROM entries e
JOIN watchlists w ON w.id = e.watchlist_id
LEFT JOIN plates known ON known.plate = e.plate
CROSS JOIN LATERAL (
    SELECT f.*, count(*) OVER () AS transits_found,
        row_number() OVER (ORDER BY captured_at DESC, id DESC) AS nth,
        (SELECT count(*) FROM sightings a WHERE a.entry_id = e.id AND a.retro) AS raised
    FROM (
        SELECT * FROM transits t
        WHERE known.plate IS NOT NULL AND t.plate = e.plate
          AND t.captured_at >= greatest(%(since)s, e.valid_from)
          AND t.captured_at < least(coalesce(e.valid_to, 'infinity'), coalesce(w.valid_to, 'infinity'))
          AND is_watched(t.gate_id, e.watchlist_id, %(day)s)
        UNION ALL
        -- Look-alikes by way of the dictionary: transits have no index of their keys. OFFSET 0: one plate after the other.
        SELECT t.* FROM plates p CROSS JOIN LATERAL (
            SELECT * FROM transits t
            WHERE t.plate = p.plate AND t.captured_at >= greatest(%(since)s, e.valid_from)
              AND t.captured_at < least(coalesce(e.valid_to, 'infinity'), coalesce(w.valid_to, 'infinity'))
              AND is_watched(t.gate_id, e.watchlist_id, %(day)s)
            OFFSET 0
        ) t
        WHERE w.match = 'look-alike' AND p.look_alike = e.look_alike AND p.plate <> e.plate
        UNION ALL
        -- Partial plates too; the trigrams are those of the folded texts.
        SELECT t.* FROM plates p CROSS JOIN LATERAL (
            SELECT * FROM transits t
            WHERE t.plate = p.plate AND t.captured_at >= greatest(%(since)s, e.valid_from)
              AND t.captured_at < least(coalesce(e.valid_to, 'infinity'), coalesce(w.valid_to, 'infinity'))
              AND is_watched(t.gate_id, e.watchlist_id, %(day)s)
            OFFSET 0
        ) t
        WHERE e.plate ~ '[*?]' AND p.look_alike LIKE plate_like(e.look_alike)
          AND (w.match = 'look-alike' OR p.plate LIKE plate_like(e.plate))
    ) f
    WHERE NOT EXISTS (SELECT FROM sightings a WHERE a.transit_id = f.id AND a.entry_id = e.id)
) p
WHERE e.version = %(version)s AND e.id > %(after)s AND e.id <= %(until)s AND w.kind <> 'allowed'
  AND (p.nth = 1 OR p.nth + p.raised <= %(per_entry)s OR p.received_at >= %(recent)s);

-- name: past_candidates
-- The same for candidates of what was captured in [since, before); they have no index, so all of it is looked through.
WITH partial AS MATERIALIZED (
    SELECT * FROM entries
    WHERE plate ~ '[*?]' AND version = %(version)s AND id > %(after)s AND id <= %(until)s
)
SELECT * FROM (
    SELECT t.*, e.id AS entry_id, count(*) OVER (PARTITION BY e.id) AS transits_found,
        row_number() OVER (PARTITION BY e.id ORDER BY t.captured_at DESC, t.id DESC) AS nth,
        (SELECT count(*) FROM sightings a WHERE a.entry_id = e.id AND a.retro) AS raised
    FROM transits t
    CROSS JOIN LATERAL (
        -- OFFSET 0: a look into the index for each candidate. Entries that have just come are not in the planner's statistics,
        -- and it would go through all of them for each transit.
        SELECT e.*, c.probability
        FROM (
            SELECT c ->> 0 AS text, sum((c ->> 1)::float8) AS probability
            FROM jsonb_array_elements(t.candidates) c WHERE c ->> 0 <> t.plate GROUP BY c ->> 0
        ) c
        CROSS JOIN LATERAL (
            SELECT * FROM entries e
            WHERE e.plate = c.text AND e.version = %(version)s AND e.id > %(after)s AND e.id <= %(until)s
            OFFSET 0
        ) e
        UNION ALL
        -- A partial plate that the plate read does not fit, with all candidates that fit it.
        SELECT e.*, c.probability
        FROM partial e
        CROSS JOIN LATERAL (
            SELECT sum((c ->> 1)::float8) AS probability
            FROM jsonb_array_elements(t.candidates) c WHERE (c ->> 0) LIKE plate_like(e.plate)
        ) c
        WHERE t.plate NOT LIKE plate_like(e.plate) AND c.probability IS NOT NULL
    ) e
    JOIN watchlists w ON w.id = e.watchlist_id AND w.kind <> 'allowed' AND w.match = 'probability' AND e.probability >= w.min_probability
    WHERE t.captured_at >= %(since)s AND t.captured_at < %(before)s
      AND (e.valid_from IS NULL OR e.valid_from <= t.captured_at)
      AND (e.valid_to IS NULL OR t.captured_at < e.valid_to)
      AND (w.valid_to IS NULL OR t.captured_at < w.valid_to)
      AND is_watched(t.gate_id, e.watchlist_id, %(day)s)
      AND NOT EXISTS (SELECT FROM sightings a WHERE a.transit_id = t.id AND a.entry_id = e.id)
) p
WHERE p.nth = 1 OR p.nth + p.raised <= %(per_entry)s OR p.received_at >= %(recent)s;

-- name: change
SELECT * FROM list_changes WHERE version = %(version)s;

-- name: note
UPDATE list_changes SET searched = searched + %(searched)s, found = found + %(found)s, raised = raised + %(raised)s,
    held_back = held_back + %(held_back)s,
    watchlists = (SELECT array_agg(DISTINCT id) FROM unnest(watchlists || %(watchlists)s::text[]) id)
WHERE version = %(version)s;

-- name: advance
UPDATE retro_progress SET version = %(version)s, entry_id = %(entry_id)s, round_until = NULL, before = NULL;

-- name: open_round
-- The entries before `after` of this change are done; those after it, up to `until`, are under way.
UPDATE retro_progress SET version = %(version)s, entry_id = %(after)s, round_until = %(until)s, before = %(before)s;

-- name: move
UPDATE retro_progress SET before = %(before)s;

-- name: changes
SELECT * FROM list_changes WHERE searched > 0 ORDER BY version DESC LIMIT %(limit)s;

-- name: forget
DELETE FROM list_changes WHERE changed_at < %(before)s AND version <= (SELECT version FROM retro_progress);
