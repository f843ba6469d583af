-- A word that many reasons have is found among the newest entries: the index would give all that have it, a quarter of a million of
-- a list of a million, for a page of fifty. A word that few have costs a look at so many entries more (some ms).
CREATE OR REPLACE FUNCTION find_entries(
    of_list text, exact text, pattern text, said text, validity text, moment timestamptz, before bigint, most integer
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 AS $$
DECLARE
    newest CONSTANT text := '(SELECT * FROM entries WHERE watchlist_id = $1 AND id < $6 ORDER BY id DESC LIMIT 1000) newest';
    asked text := ' WHERE watchlist_id = $1 AND id < $6';
    found bigint[];
BEGIN
    IF of_list NOT IN (SELECT acting_watchlists('search')) THEN
        RETURN;
    END IF;
    asked := asked || CASE WHEN exact IS NOT NULL THEN ' AND plate = $2' ELSE '' END
        || CASE WHEN pattern IS NULL THEN ''
            -- All of them first, as walking the list from its end and comparing would look cheap to the planner.
            WHEN pattern ~ '^[%_]' AND pattern ~ '[%_]$' THEN ' AND id = ANY (ARRAY(SELECT id FROM entries WHERE plate LIKE $3))'
            WHEN pattern ~ '^[%_]' THEN ' AND reverse(plate) LIKE reverse($3)' ELSE ' AND plate LIKE $3' END
        || CASE WHEN said IS NOT NULL THEN ' AND reason_words(reason) @@ $4::tsquery' ELSE '' END
        || CASE validity
            WHEN 'now' THEN ' AND (valid_from IS NULL OR valid_from <= $5) AND (valid_to IS NULL OR valid_to > $5)'
            WHEN 'coming' THEN ' AND valid_from > $5'
            WHEN 'ended' THEN ' AND valid_to <= $5'
            WHEN 'ending' THEN ' AND valid_to > $5 AND valid_to <= $5 + interval ''14 days'''
            ELSE ''
        END || ' ORDER BY id DESC LIMIT $7';
    IF said IS NOT NULL AND exact IS NULL AND pattern IS NULL THEN
        EXECUTE 'SELECT ARRAY(SELECT id FROM ' || newest || asked || ')' INTO found
            USING of_list, exact, pattern, said, moment, before, most;
        IF cardinality(found) >= most THEN
            RETURN QUERY SELECT unnest(found);
            RETURN;
        END IF;
    END IF;
    RETURN QUERY EXECUTE 'SELECT id FROM entries' || asked USING of_list, exact, pattern, said, moment, before, most;
END
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION find_entries(text, text, text, text, text, timestamptz, bigint, integer) SET search_path = %I, pg_temp',
        current_schema());
END
$$;
