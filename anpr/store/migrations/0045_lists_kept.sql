-- Partial plates are entries of lists: AB12*, AB?23CD. They are few among many, and looked through as such.
CREATE INDEX entries_partial ON entries (id) WHERE plate ~ '[*?]';
-- What LIKE takes for a partial plate. No plate holds a sign that LIKE would take for another.
CREATE FUNCTION plate_like(partial_plate text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT translate(partial_plate, '*?', '%_')
$$;

-- Files that wait to be looked at before they are imported in the console: a day at most, and few at once of a list.
CREATE TABLE list_uploads (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    watchlist_id text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    file_name    text             NOT NULL,
    content      bytea            NOT NULL CHECK (octet_length(content) <= 16777216),
    mode         text             NOT NULL CHECK (mode IN ('add', 'replace')),
    source       text             NOT NULL,
    -- How it is read, where that was said: which column is where, sheet, encoding, reason of rows without one.
    how          jsonb            NOT NULL DEFAULT '{}',
    uploaded_by  text             NOT NULL,
    uploaded_at  timestamptz      NOT NULL
);
CREATE INDEX list_uploads_of_list ON list_uploads (watchlist_id, id);

-- What to do, or whom to call, when a vehicle passes: of an entry, or of all of a list that say nothing themselves.
ALTER TABLE entries ADD COLUMN instructions text;
ALTER TABLE watchlists ADD COLUMN instructions text NOT NULL DEFAULT '';

-- Entries that are about to end are told before.
CREATE INDEX entries_ends ON entries (watchlist_id, valid_to) WHERE valid_to IS NOT NULL;
-- A pattern that begins with * is looked for from its end; it would read the whole list.
CREATE INDEX entries_reversed ON entries (reverse(plate));
CREATE OR REPLACE FUNCTION find_entries(
    of_list text, exact text, pattern text, said text, validity text, moment timestamptz, before bigint, most integer
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 AS $$
DECLARE
    asked text := 'SELECT id FROM entries WHERE watchlist_id = $1 AND id < $6';
BEGIN
    IF of_list NOT IN (SELECT acting_watchlists('search')) THEN
        RETURN;
    END IF;
    asked := asked || CASE WHEN exact IS NOT NULL THEN ' AND plate = $2' ELSE '' END
        || CASE WHEN pattern IS NULL THEN '' WHEN pattern LIKE '\%%' AND pattern NOT LIKE '%\%'
            THEN ' AND reverse(plate) LIKE reverse($3)' ELSE ' AND plate LIKE $3' END
        || CASE WHEN said IS NOT NULL THEN ' AND reason_words(reason) @@ $4::tsquery' ELSE '' END
        || CASE validity
            WHEN 'now' THEN ' AND (valid_from IS NULL OR valid_from <= $5) AND (valid_to IS NULL OR valid_to > $5)'
            WHEN 'coming' THEN ' AND valid_from > $5'
            WHEN 'ended' THEN ' AND valid_to <= $5'
            WHEN 'ending' THEN ' AND valid_to > $5 AND valid_to <= $5 + interval ''14 days'''
            ELSE ''
        END;
    RETURN QUERY EXECUTE asked || ' ORDER BY id DESC LIMIT $7' USING of_list, exact, pattern, said, moment, before, most;
END
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION find_entries(text, text, text, text, text, timestamptz, bigint, integer) SET search_path = %I, pg_temp',
        current_schema());
END
$$;

-- The console imports files too, and confirms lists of the organisation that it acts for.
CREATE OR REPLACE FUNCTION confirm_list(watchlist text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE watchlists SET changed_at = acting_moment(), changed_by = acting_author()
    WHERE id = watchlist AND organisation_id = coalesce(acting_organisation(), organisation_id)
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION confirm_list(text) SET search_path = %I, pg_temp', current_schema());
END
$$;
