-- Partitions are made and dropped with the rights of the tables' owner, so that ingest and forwarding need not own anything.
-- Such a function takes no other table's name, finds nothing but what is in its own schema, and nobody may call it who was not
-- given the right to.
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
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, starts, ends);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION drop_partition(parent text, day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM check_partitioned(parent);
    PERFORM set_config('lock_timeout', '5s', true);
    EXECUTE format('DROP TABLE %I', format('%s_%s', parent, to_char(day, 'YYYYMMDD')));
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
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, starts, ends);
    END IF;
    RETURN kept;
END
$$;

CREATE FUNCTION check_partitioned(parent text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF parent NOT IN ('transits', 'images', 'deliveries') THEN
        RAISE EXCEPTION '% has no partitions by day', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

-- The schema is the one that this is migrated in; pg_temp last, so that no temporary table stands in for ours.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ensure_partition', 'drop_partition', 'expire_partition'] LOOP
        EXECUTE format('ALTER FUNCTION %I(text, date) SET search_path = %I, pg_temp', name, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I(text, date) FROM PUBLIC', name);
    END LOOP;
END
$$;
