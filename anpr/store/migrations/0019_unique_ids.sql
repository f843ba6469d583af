-- One id is one transit: unique within each day, which also tells the planner, without statistics of a day that fills just now,
-- that an id is found by one look into its index.
CREATE FUNCTION index_ids(child text, is_unique boolean DEFAULT true) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE %s INDEX %I ON %I (id)', CASE WHEN is_unique THEN 'UNIQUE' END, child || '_one_id', child);
EXCEPTION WHEN unique_violation THEN
    -- Stored before this was checked. Both stay, as evidence; the one with the older time is found by the id.
    PERFORM index_ids(child, false);
END
$$;

DO $$
DECLARE
    child text;
BEGIN
    FOR child IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'transits'::regclass LOOP
        PERFORM index_ids(child);
    END LOOP;
END
$$;
DROP INDEX transits_id;

CREATE OR REPLACE FUNCTION ensure_partition(parent text, day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    child text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
    starts timestamptz := day::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = current_schema()::regnamespace) THEN
        RETURN false;
    END IF;
    PERFORM check_partitioned(parent);
    PERFORM pg_advisory_xact_lock(hashtextextended('anpr partition ' || parent, 0));
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = current_schema()::regnamespace) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
    IF parent = 'transits' THEN
        PERFORM index_ids(child);
    END IF;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, starts, ends);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION expire_partition(parent text, day date) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    child text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
    spare text := format('%s_kept', child);
    key text := CASE parent WHEN 'transits' THEN 'id' ELSE 'transit_id' END;
    starts timestamptz := day::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
    kept bigint;
BEGIN
    PERFORM check_partitioned(parent);
    PERFORM set_config('lock_timeout', '5s', true);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', spare, parent);
    EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE (captured_at, %I) IN (SELECT captured_at, transit_id'
        ' FROM retained_transits WHERE captured_at >= %L AND captured_at < %L)', spare, child, key, starts, ends);
    GET DIAGNOSTICS kept = ROW_COUNT;
    EXECUTE format('DROP TABLE %I', child);
    IF kept = 0 THEN
        EXECUTE format('DROP TABLE %I', spare);
    ELSE
        EXECUTE format('ALTER TABLE %I RENAME TO %I', spare, child);
        IF parent = 'transits' THEN
            PERFORM index_ids(child);
        END IF;
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, starts, ends);
    END IF;
    RETURN kept;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ensure_partition', 'expire_partition'] LOOP
        EXECUTE format('ALTER FUNCTION %I(text, date) SET search_path = %I, pg_temp', name, current_schema());
    END LOOP;
    REVOKE EXECUTE ON FUNCTION index_ids(text, boolean) FROM PUBLIC;
END
$$;
