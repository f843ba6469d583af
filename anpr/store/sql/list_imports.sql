-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: create_changes
CREATE TEMPORARY TABLE IF NOT EXISTS staging_changes (
    kind          text             NOT NULL,
    plate         text COLLATE "C" NOT NULL,
    look_alike    text COLLATE "C" NOT NULL,
    valid_from    timestamptz,
    valid_to      timestamptz,
    reason_before text,
    reason_after  text,
    instructions  text
) ON COMMIT DELETE ROWS;

-- name: empty_changes
DELETE FROM staging_changes;

-- name: compare
-- What putting the staged entries on the list would do to it.
INSERT INTO staging_changes (kind, plate, look_alike, valid_from, valid_to, reason_before, reason_after, instructions)
SELECT CASE WHEN e.plate IS NULL THEN 'added' WHEN s.plate IS NULL THEN 'removed' ELSE 'changed' END,
    coalesce(s.plate, e.plate), coalesce(s.look_alike, e.look_alike), coalesce(s.valid_from, e.valid_from),
    coalesce(s.valid_to, e.valid_to), e.reason, s.reason, e.instructions
FROM staging_entries s
FULL JOIN (SELECT * FROM entries WHERE watchlist_id = %(watchlist_id)s) e ON s.plate = e.plate
  AND coalesce(s.valid_from, '-infinity') = coalesce(e.valid_from, '-infinity')
  AND coalesce(s.valid_to, 'infinity') = coalesce(e.valid_to, 'infinity')
WHERE e.plate IS NULL OR (s.plate IS NULL AND %(replace)s) OR s.reason <> e.reason;

-- name: compare_removals
-- What a delta takes off besides.
INSERT INTO staging_changes (kind, plate, look_alike, valid_from, valid_to, reason_before, reason_after, instructions)
SELECT 'removed', e.plate, e.look_alike, e.valid_from, e.valid_to, e.reason, NULL, e.instructions
FROM entries e
WHERE e.watchlist_id = %(watchlist_id)s
  AND EXISTS (
      SELECT FROM staging_removals r
      WHERE r.plate = e.plate AND (r.whatever OR r.valid_from IS NOT DISTINCT FROM e.valid_from
          AND r.valid_to IS NOT DISTINCT FROM e.valid_to)
  )
  AND NOT EXISTS (
      SELECT FROM staging_entries s
      WHERE s.plate = e.plate
        AND coalesce(s.valid_from, '-infinity') = coalesce(e.valid_from, '-infinity')
        AND coalesce(s.valid_to, 'infinity') = coalesce(e.valid_to, 'infinity')
  );

-- name: counts
SELECT kind, count(*) AS count FROM staging_changes GROUP BY kind;

-- name: examples
SELECT kind, plate, valid_from, valid_to, reason_before, reason_after FROM (
    SELECT c.*, row_number() OVER (PARTITION BY kind ORDER BY plate, valid_from, valid_to) AS nth FROM staging_changes c
) c WHERE nth <= %(each)s ORDER BY kind, nth;

-- name: size
SELECT count(*) AS count FROM entries WHERE watchlist_id = %(watchlist_id)s;

-- name: version
SELECT version FROM list_version;

-- name: note
INSERT INTO list_imports (watchlist_id, imported_at, imported_by, mode, file_name, sha256, format, encoding, source, added,
    changed, unchanged, removed, rejected, version_before, version_after, undoes)
VALUES (%(watchlist_id)s, %(at)s, %(by)s, %(mode)s, %(file_name)s, %(sha256)s, %(format)s, %(encoding)s, %(source)s, %(added)s,
    %(changed)s, %(unchanged)s, %(removed)s, %(rejected)s, %(version_before)s, %(version_after)s, %(undoes)s)
RETURNING id;

-- name: note_changes
INSERT INTO list_import_changes (import_id, kind, plate, look_alike, valid_from, valid_to, reason_before, reason_after, instructions)
SELECT %(import_id)s, kind, plate, look_alike, valid_from, valid_to, reason_before, reason_after, instructions FROM staging_changes;

-- name: remove_compared
-- What the comparison, or the reverse of an import, takes off; what a delta puts on, or leaves, stays with its number.
DELETE FROM entries e USING staging_changes c
WHERE c.kind = 'removed' AND e.watchlist_id = %(watchlist_id)s AND e.plate = c.plate
  AND coalesce(e.valid_from, '-infinity') = coalesce(c.valid_from, '-infinity')
  AND coalesce(e.valid_to, 'infinity') = coalesce(c.valid_to, 'infinity');

-- name: undo_change
UPDATE entries e SET reason = c.reason_after, edited_by = acting_author(), edited_at = acting_moment() FROM staging_changes c
WHERE c.kind = 'changed' AND e.watchlist_id = %(watchlist_id)s AND e.plate = c.plate
  AND coalesce(e.valid_from, '-infinity') = coalesce(c.valid_from, '-infinity')
  AND coalesce(e.valid_to, 'infinity') = coalesce(c.valid_to, 'infinity');

-- name: undo_add
INSERT INTO entries (watchlist_id, plate, look_alike, reason, valid_from, valid_to, instructions)
SELECT %(watchlist_id)s, plate, look_alike, reason_after, valid_from, valid_to, instructions FROM staging_changes WHERE kind = 'added';

-- name: reverse
INSERT INTO staging_changes (kind, plate, look_alike, valid_from, valid_to, reason_before, reason_after, instructions)
SELECT CASE kind WHEN 'added' THEN 'removed' WHEN 'removed' THEN 'added' ELSE kind END,
    plate, look_alike, valid_from, valid_to, reason_after, reason_before, instructions
FROM list_import_changes WHERE import_id = %(import_id)s;

-- name: conflicts
-- Entries that are not as the import left them.
SELECT c.kind, c.plate, count(*) OVER () AS number
FROM list_import_changes c
LEFT JOIN (SELECT * FROM entries WHERE watchlist_id = %(watchlist_id)s) e ON e.plate = c.plate
  AND coalesce(e.valid_from, '-infinity') = coalesce(c.valid_from, '-infinity')
  AND coalesce(e.valid_to, 'infinity') = coalesce(c.valid_to, 'infinity')
WHERE c.import_id = %(import_id)s AND e.reason IS DISTINCT FROM c.reason_after
ORDER BY c.plate LIMIT 3;

-- name: mark_undone
UPDATE list_imports SET undone_at = %(at)s WHERE id = %(import_id)s;

-- name: list
SELECT * FROM list_imports WHERE watchlist_id = %(watchlist_id)s ORDER BY id DESC LIMIT %(limit)s;

-- name: get
SELECT * FROM list_imports WHERE watchlist_id = %(watchlist_id)s AND id = %(import_id)s;

-- name: newest
SELECT * FROM list_imports
WHERE watchlist_id = %(watchlist_id)s AND mode <> 'undo' AND undone_at IS NULL ORDER BY id DESC LIMIT 1;

-- name: changes
SELECT kind, plate, valid_from, valid_to, reason_before, reason_after FROM list_import_changes
WHERE import_id = %(import_id)s ORDER BY kind, plate, valid_from, valid_to LIMIT %(limit)s;

-- name: older_than_newest
SELECT id FROM list_imports
WHERE watchlist_id = %(watchlist_id)s AND has_changes ORDER BY id DESC OFFSET %(keep)s;

-- name: older_than_day
SELECT id FROM list_imports WHERE has_changes AND imported_at < %(before)s;

-- name: forget_changes
DELETE FROM list_import_changes WHERE import_id = ANY (%(ids)s);

-- name: mark_forgotten
UPDATE list_imports SET has_changes = false WHERE id = ANY (%(ids)s);

-- name: forget
DELETE FROM list_imports WHERE imported_at < %(before)s;

-- name: source_names
SELECT name FROM list_sources WHERE watchlist_id = %(watchlist_id)s ORDER BY name LIMIT 100;

-- name: get_source
SELECT columns, sheet, reason, profile FROM list_sources WHERE watchlist_id = %(watchlist_id)s AND name = %(name)s;

-- name: save_source
INSERT INTO list_sources (watchlist_id, name, columns, sheet, reason, profile, changed_at)
VALUES (%(watchlist_id)s, %(name)s, %(columns)s, %(sheet)s, %(reason)s, %(profile)s, %(at)s)
ON CONFLICT (watchlist_id, name) DO UPDATE SET
    columns = excluded.columns, sheet = excluded.sheet, reason = excluded.reason, profile = excluded.profile,
    changed_at = excluded.changed_at;
