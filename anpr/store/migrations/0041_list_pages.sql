-- Lists are kept in the console: who put an entry on a list and when (NULL: before this version), when a list last changed and by
-- whom, and after how many hours without a change it counts as out of date.
-- A transaction may say on whose behalf and at which moment it changes something (anpr.author, anpr.at), so that every path that
-- adds an entry fills the columns alike, an import of a million rows as well.
CREATE FUNCTION acting_author() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('anpr.author', true), '')
$$;
CREATE FUNCTION acting_moment() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('anpr.at', true), '')::timestamptz, now())
$$;

ALTER TABLE entries ADD COLUMN author text, ADD COLUMN added_at timestamptz;
ALTER TABLE entries ALTER COLUMN author SET DEFAULT acting_author(), ALTER COLUMN added_at SET DEFAULT acting_moment();
ALTER TABLE watchlists
    ADD COLUMN stale_after_hours integer CHECK (stale_after_hours > 0),
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN changed_by text,
    ADD COLUMN entry_count bigint NOT NULL DEFAULT 0;

-- That a list has changed is no change of the list: only what is set by somebody raises the version.
DROP TRIGGER watchlists_change ON watchlists;
UPDATE watchlists w SET entry_count = (SELECT count(*) FROM entries e WHERE e.watchlist_id = w.id), changed_at = (
    SELECT c.changed_at FROM list_changes c
    WHERE c.version = (SELECT max(e.version) FROM entries e WHERE e.watchlist_id = w.id)
);
CREATE TRIGGER watchlists_change BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF id, name, priority, purpose, legal_basis,
    match, min_probability, version, organisation_id, valid_to, stale_after_hours ON watchlists
    FOR EACH STATEMENT EXECUTE FUNCTION begin_list_change();

-- A list is as old as the last change of its entries; another name makes it no younger. How many they are is kept beside:
-- counting a million takes 100 ms, and every page asks. Changes of lists wait for each other, so that none is counted twice.
CREATE FUNCTION note_list_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE watchlists w SET changed_at = acting_moment(), changed_by = acting_author(),
        entry_count = w.entry_count + c.number * CASE TG_OP WHEN 'INSERT' THEN 1 WHEN 'DELETE' THEN -1 ELSE 0 END
    FROM (SELECT watchlist_id, count(*) AS number FROM changed GROUP BY watchlist_id) c WHERE w.id = c.watchlist_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_inserted AFTER INSERT ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_list_change();
CREATE TRIGGER entries_updated AFTER UPDATE ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_list_change();
CREATE TRIGGER entries_deleted AFTER DELETE ON entries REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_list_change();
-- What those three cannot see: all entries gone at once, and an entry moved to another list.
CREATE FUNCTION recount_lists() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE watchlists w SET changed_at = acting_moment(), changed_by = acting_author(),
        entry_count = (SELECT count(*) FROM entries e WHERE e.watchlist_id = w.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_truncated AFTER TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION recount_lists();
CREATE TRIGGER entries_moved AFTER UPDATE OF watchlist_id ON entries FOR EACH STATEMENT EXECUTE FUNCTION recount_lists();
CREATE OR REPLACE FUNCTION count_entries(watchlist text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT coalesce((SELECT entry_count FROM watchlists WHERE id = watchlist), 0)
$$;
-- An import that finds everything as it is confirms the list: it is as old as that.
CREATE FUNCTION confirm_list(watchlist text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE watchlists SET changed_at = acting_moment(), changed_by = acting_author() WHERE id = watchlist
$$;

-- The console changes lists with few rights of its own: the version and the row of each change are the owner's to write.
ALTER FUNCTION begin_list_change() SECURITY DEFINER;
CREATE FUNCTION lock_list_changes() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
    SELECT version FROM list_version FOR NO KEY UPDATE
$$;

-- Pages of entries, newest first, by number.
CREATE INDEX entries_of_list ON entries (watchlist_id, id);
-- Words of reasons, of which each begins as asked. Trigrams would find any part, at the cost of a larger index.
CREATE FUNCTION reason_words(reason text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', regexp_replace(reason, '[^[:alnum:]]+', ' ', 'g'))
$$;
CREATE INDEX entries_reason ON entries USING gin (reason_words(reason));

-- The numbers of a list's entries, newest first, below one; of a list whose entries are open to whom the console acts for.
-- With the owner's rights, as row-level security lets no pattern near an index. Planned anew for each question.
CREATE FUNCTION find_entries(
    of_list text, exact text, pattern text, said text, validity text, moment timestamptz, before bigint, most integer
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 AS $$
DECLARE
    asked text := 'SELECT id FROM entries WHERE watchlist_id = $1 AND id < $6';
BEGIN
    IF of_list NOT IN (SELECT acting_watchlists('search')) THEN
        RETURN;
    END IF;
    asked := asked || CASE WHEN exact IS NOT NULL THEN ' AND plate = $2' ELSE '' END
        || CASE WHEN pattern IS NOT NULL THEN ' AND plate LIKE $3' ELSE '' END
        || CASE WHEN said IS NOT NULL THEN ' AND reason_words(reason) @@ $4::tsquery' ELSE '' END
        || CASE validity
            WHEN 'now' THEN ' AND (valid_from IS NULL OR valid_from <= $5) AND (valid_to IS NULL OR valid_to > $5)'
            WHEN 'coming' THEN ' AND valid_from > $5'
            WHEN 'ended' THEN ' AND valid_to <= $5'
            ELSE ''
        END;
    RETURN QUERY EXECUTE asked || ' ORDER BY id DESC LIMIT $7' USING of_list, exact, pattern, said, moment, before, most;
END
$$;

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['begin_list_change()', 'note_list_change()', 'recount_lists()', 'count_entries(text)', 'confirm_list(text)', 'lock_list_changes()',
        'find_entries(text, text, text, text, text, timestamptz, bigint, integer)'] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
