-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What to do when a vehicle passes is read by whoever sees its sightings, as their reason is: also who may search no list. Given the
-- entries and the lists of the sightings that somebody sees (one list for each entry), it says what the entries say, else their
-- lists: each text once, that of the most urgent list first. Nothing of a list that is not open to who asks; acting for nobody, nothing.
CREATE FUNCTION acting_instructions(entry_ids bigint[], list_ids text[]) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT array_agg(told.text ORDER BY told.urgency, told.text) FROM (
        SELECT said.text, min(said.urgency) AS urgency FROM (
            SELECT coalesce(nullif(btrim(e.instructions), ''), nullif(btrim(w.instructions), '')) AS text,
                array_position(ARRAY['high', 'medium', 'low'], w.priority) AS urgency
            FROM (SELECT DISTINCT entry_id, list_id FROM unnest(entry_ids, list_ids) AS given (entry_id, list_id)) named
            JOIN watchlists w ON w.id = named.list_id
            LEFT JOIN entries e ON e.id = named.entry_id AND e.watchlist_id = w.id
            WHERE acting_organisation() = '*' OR w.id IN (SELECT acting_watchlists('alarms', 'handle'))
        ) said WHERE said.text IS NOT NULL GROUP BY said.text
    ) told
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION acting_instructions(bigint[], text[]) SET search_path = %I, pg_temp', current_schema());
END
$$;
