-- Requests of the persons concerned (D.Lgs. 51/2018, artt. 9-14). Nobody's name: `reference` is the number under which the
-- office keeps the letter. The plate is forgotten when its data are erased, or the request itself is.
CREATE TABLE subject_requests (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text        NOT NULL CHECK (kind IN ('access', 'rectification', 'erasure')),
    plate           text        COLLATE "C",
    reference       text        NOT NULL,
    received_on     date        NOT NULL,
    registered_by   text        NOT NULL,
    registered_at   timestamptz NOT NULL,
    outcome         text        CHECK (outcome IN ('answered', 'erased', 'refused')),
    grounds         text,
    answer          text,
    closed_by       text,
    closed_at       timestamptz,
    organisation_id text        COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    CHECK ((outcome IS NULL) = (closed_at IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)),
    CHECK (plate IS NOT NULL OR outcome = 'erased'),
    CHECK (outcome <> 'erased' OR kind = 'erasure'),
    CHECK (outcome <> 'refused' OR (grounds IS NOT NULL AND answer IS NOT NULL))
);

-- The plate of this open request, if it is of the organisation for which the console acts.
CREATE FUNCTION plate_of_request(request bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT plate FROM subject_requests
    WHERE id = request AND outcome IS NULL AND organisation_id = acting_organisation()
$$;

-- Whether a gate is the organisation's own. One that nobody has configured is the manager's.
CREATE FUNCTION is_own_gate(gate text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT organisation_id FROM gates WHERE id = gate), 'manager') = acting_organisation()
$$;

-- Transits of the request's plate, at the organisation's own gates, that must stay: whoever's hold or open alarm it is.
CREATE FUNCTION kept_for_request(request bigint) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT DISTINCT t.id FROM transits t
    JOIN retained_transits kept ON kept.captured_at = t.captured_at AND kept.transit_id = t.id
    WHERE t.plate = plate_of_request(request) AND is_own_gate(t.gate_id)
$$;

-- Erases what is stored of the plate of an open request for erasure at the organisation's own gates, and nothing else, whoever
-- calls it: transits that nothing retains (no hold, no open alarm) with their images, and closed alarms. An erased transit leaves
-- its id without a plate, as a discarded one does, so that a late image of it is told. The request is closed and forgets the
-- plate. Returns what was erased, with the keys of the images' files.
CREATE FUNCTION erase_for_request(request bigint, by_whom text, at_time timestamptz) RETURNS TABLE (what text, path text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    wanted text COLLATE "C" := plate_of_request(request);
    erased record;
BEGIN
    PERFORM FROM subject_requests WHERE id = request AND kind = 'erasure' AND outcome IS NULL FOR UPDATE;
    IF wanted IS NULL OR NOT FOUND THEN
        RAISE EXCEPTION 'request %: no open request for erasure', request USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR erased IN
        DELETE FROM transits t WHERE t.plate = wanted AND is_own_gate(t.gate_id) AND NOT EXISTS (
            SELECT FROM retained_transits kept WHERE kept.captured_at = t.captured_at AND kept.transit_id = t.id)
        RETURNING t.captured_at, t.id
    LOOP
        what := 'transit'; path := NULL;
        RETURN NEXT;
        PERFORM ensure_partition('discarded_transits', (erased.captured_at AT TIME ZONE 'UTC')::date);
        INSERT INTO discarded_transits VALUES (erased.captured_at, erased.id) ON CONFLICT DO NOTHING;
        RETURN QUERY WITH gone AS (
            DELETE FROM images i WHERE i.captured_at = erased.captured_at AND i.transit_id = erased.id RETURNING i.path
        ) SELECT 'image', gone.path FROM gone;
    END LOOP;
    RETURN QUERY WITH gone AS (
        DELETE FROM alarms a WHERE (a.plate = wanted OR a.entry_plate = wanted) AND a.state = 'closed'
            AND is_own_gate(a.gate_id) AND NOT EXISTS (
                SELECT FROM retained_transits kept WHERE kept.captured_at = a.captured_at AND kept.transit_id = a.transit_id)
        RETURNING a.id
    ) SELECT 'alarm', NULL::text FROM gone;
    DELETE FROM plates p WHERE p.plate = wanted AND NOT EXISTS (SELECT FROM transits t WHERE t.plate = wanted);
    UPDATE subject_requests SET plate = NULL, outcome = 'erased', closed_by = by_whom, closed_at = at_time WHERE id = request;
END
$$;

-- What was done to a hold or for a request, oldest first, by whomever, if it is of the organisation for which the console acts.
-- Functions, because row-level security keeps the console's own statements from these indexes.
CREATE INDEX audit_hold ON audit ((detail->>'hold')) WHERE action LIKE 'hold-%';
CREATE INDEX audit_request ON audit ((detail->>'request')) WHERE action LIKE 'request-%';
CREATE FUNCTION history_of_hold(number bigint) RETURNS SETOF audit LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 AS $$
    SELECT * FROM audit WHERE action LIKE 'hold-%' AND detail->>'hold' = number::text
        AND EXISTS (SELECT FROM holds o WHERE o.id = number AND o.organisation_id = acting_organisation())
    ORDER BY seq LIMIT 200
$$;
CREATE FUNCTION history_of_request(number bigint) RETURNS SETOF audit LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 AS $$
    SELECT * FROM audit WHERE action LIKE 'request-%' AND detail->>'request' = number::text
        AND EXISTS (SELECT FROM subject_requests o WHERE o.id = number AND o.organisation_id = acting_organisation())
    ORDER BY seq LIMIT 200
$$;

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['kept_for_request(bigint)', 'erase_for_request(bigint, text, timestamptz)',
        'history_of_hold(bigint)', 'history_of_request(bigint)'] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
