-- What else holds the plate of an open request for erasure, besides what erase_for_request takes: refused messages that name it
-- (and images that came before such a transit, and so belong to none), and transits that wait to be forwarded. Only of the
-- organisation's own gates; a refused message that names no known gate is the manager's. Call it before erase_for_request, in its
-- transaction: that one forgets the plate.
-- Returns what it took (`letter`; `image` with the key of its file; `withdrawn` with the destination), and `recipient` with the
-- destination for each transit that is there, or may be: a file of its batch may be under way.
CREATE FUNCTION erase_traces_for_request(request bigint, at_time timestamptz) RETURNS TABLE (what text, which text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    wanted text COLLATE "C" := plate_of_request(request);
    pattern text;
    letter record;
BEGIN
    PERFORM FROM subject_requests WHERE id = request AND kind = 'erasure' AND outcome IS NULL FOR UPDATE;
    IF wanted IS NULL OR NOT FOUND THEN
        RAISE EXCEPTION 'request %: no open request for erasure', request USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- As it may be written: in any case, with blanks or dashes between its parts.
    pattern := '(^|[^A-Z0-9])' || regexp_replace(
        nullif(regexp_replace(wanted, '[^A-Z0-9]', '', 'g'), ''), '(.)', '\1[ -]?', 'g')
        || '($|[^A-Z0-9])';
    FOR letter IN
        DELETE FROM dead_letters l
        WHERE upper(l.detail || chr(10) || encode(l.value, 'escape')) ~ pattern
            AND NOT EXISTS (SELECT FROM gates g WHERE coalesce(g.organisation_id, 'manager') <> acting_organisation()
                AND position('"' || g.id || '"' IN encode(l.value, 'escape')) > 0)
            AND (acting_organisation() = 'manager' OR EXISTS (SELECT FROM gates g
                WHERE g.organisation_id = acting_organisation()
                AND position('"' || g.id || '"' IN encode(l.value, 'escape')) > 0))
        RETURNING encode(l.value, 'escape') AS message
    LOOP
        what := 'letter'; which := NULL;
        RETURN NEXT;
        RETURN QUERY WITH gone AS (
            DELETE FROM images i
            WHERE i.transit_id IN (SELECT named[1]::uuid FROM regexp_matches(letter.message,
                    '"(?:id|transit_id)"\s*:\s*"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', 'g') AS named)
                AND is_own_gate(i.gate_id)
                AND NOT EXISTS (SELECT FROM transits t WHERE t.captured_at = i.captured_at AND t.id = i.transit_id)
            RETURNING i.path
        ) SELECT 'image', gone.path FROM gone;
    END LOOP;
    RETURN QUERY WITH withdrawn AS (
        UPDATE deliveries d SET state = 'expired', settled_at = at_time, reason = 'erased for request ' || request
        FROM transits t
        WHERE t.plate = wanted AND is_own_gate(t.gate_id) AND d.captured_at = t.captured_at AND d.transit_id = t.id
            AND d.state = 'queued' AND d.batch IS NULL
            AND NOT EXISTS (SELECT FROM retained_transits kept
                WHERE kept.captured_at = t.captured_at AND kept.transit_id = t.id)
        RETURNING d.destination
    ) SELECT 'withdrawn', withdrawn.destination::text FROM withdrawn;
    RETURN QUERY SELECT 'recipient', d.destination::text
        FROM transits t JOIN deliveries d ON d.captured_at = t.captured_at AND d.transit_id = t.id
        WHERE t.plate = wanted AND is_own_gate(t.gate_id)
            AND (d.state IN ('sent', 'accepted') OR (d.state = 'queued' AND d.batch IS NOT NULL));
END
$$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION erase_traces_for_request(bigint, timestamptz) SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION erase_traces_for_request(bigint, timestamptz) FROM PUBLIC;
END
$$;
