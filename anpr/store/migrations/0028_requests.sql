-- What was done to a hold or a request is told on its page: looked up in the audit by its number.
CREATE INDEX audit_hold ON audit ((detail->>'hold')) WHERE action LIKE 'hold-%';
CREATE INDEX audit_request ON audit ((detail->>'request')) WHERE action LIKE 'request-%';

-- Requests of the persons concerned (D.Lgs. 51/2018, artt. 10-14). Nobody's name: `reference` is the number under which the
-- office keeps the letter. The plate is forgotten when its data are erased, or the request itself is.
CREATE TABLE subject_requests (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text        NOT NULL CHECK (kind IN ('access', 'rectification', 'erasure')),
    plate         text        COLLATE "C",
    reference     text        NOT NULL,
    received_on   date        NOT NULL,
    registered_by text        NOT NULL,
    registered_at timestamptz NOT NULL,
    outcome       text        CHECK (outcome IN ('answered', 'erased', 'refused')),
    grounds       text,
    answer        text,
    closed_by     text,
    closed_at     timestamptz,
    CHECK ((outcome IS NULL) = (closed_at IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)),
    CHECK (plate IS NOT NULL OR outcome = 'erased'),
    CHECK (outcome <> 'erased' OR kind = 'erasure'),
    CHECK (outcome <> 'refused' OR (grounds IS NOT NULL AND answer IS NOT NULL))
);

-- Erases what is stored of the plate of an open request for erasure, and nothing else, whoever calls it: transits that nothing
-- retains (no hold, no open alarm) with their images, and closed alarms. An erased transit leaves its id without a plate, as a
-- discarded one does, so that a late image of it is told. The request is closed and forgets the plate. Returns what was erased,
-- with the keys of the images' files.
CREATE FUNCTION erase_for_request(request bigint, by_whom text, at_time timestamptz) RETURNS TABLE (what text, path text) LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    wanted text COLLATE "C";
    erased record;
BEGIN
    SELECT plate INTO wanted FROM subject_requests
        WHERE id = request AND kind = 'erasure' AND outcome IS NULL FOR UPDATE;
    IF wanted IS NULL THEN
        RAISE EXCEPTION 'request %: no open request for erasure', request USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR erased IN
        DELETE FROM transits t WHERE t.plate = wanted AND NOT EXISTS (
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
        DELETE FROM alarms a WHERE (a.plate = wanted OR a.entry_plate = wanted) AND a.state = 'closed' AND NOT EXISTS (
            SELECT FROM retained_transits kept WHERE kept.captured_at = a.captured_at AND kept.transit_id = a.transit_id)
        RETURNING a.id
    ) SELECT 'alarm', NULL::text FROM gone;
    DELETE FROM plates p WHERE p.plate = wanted AND NOT EXISTS (SELECT FROM transits t WHERE t.plate = wanted);
    UPDATE subject_requests SET plate = NULL, outcome = 'erased', closed_by = by_whom, closed_at = at_time WHERE id = request;
END
$$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION erase_for_request(bigint, text, timestamptz) SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION erase_for_request(bigint, text, timestamptz) FROM PUBLIC;
END
$$;
