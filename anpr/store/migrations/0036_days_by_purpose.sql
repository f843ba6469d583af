-- Days by purpose: within its day, what passed at gates of one purpose has a partition of its own (of gates without a purpose: '').
-- So each purpose keeps as many days as it may, and what is too old is dropped and never deleted row by row. Searches go by time,
-- hence the day stays above: days that do not matter are left out, and the newest comes first.
-- What is stored already belongs to no purpose; nobody knows any more for which one it was read.
-- Not NOT NULL, which no partition takes anyway: the staging table of an earlier ingest would refuse each of its rows as wrong, and
-- so it waits (for the key that is gone) until the new one runs.
ALTER TABLE transits ADD COLUMN purpose text COLLATE "C" DEFAULT '';
ALTER TABLE images ADD COLUMN purpose text COLLATE "C" DEFAULT '';

-- The name of a partition: names in PostgreSQL have 63 bytes, ids of purposes may have 64.
CREATE FUNCTION purpose_partition(parent text, day date, of_purpose text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%s_%s_%s', parent, to_char(day, 'YYYYMMDD'),
        CASE of_purpose WHEN '' THEN 'site' ELSE left(of_purpose, 20) || '_' || left(md5(of_purpose), 8) END)
$$;

-- The keys that make rows unique. They are the partition's own, as no key over all of them can leave out the purpose.
CREATE FUNCTION key_partition(parent text, child text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF parent = 'transits' THEN
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (captured_at, id)', child);
        PERFORM index_ids(child);
    ELSE
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (captured_at, transit_id, role, sha256)', child);
    END IF;
END
$$;

-- A day, without partitions yet.
CREATE FUNCTION add_day(parent text, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    child text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY LIST (purpose)', child, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child,
        day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$$;

-- A purpose's partition of a day that is there.
CREATE FUNCTION add_purpose(parent text, day date, of_purpose text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    child text := purpose_partition(parent, day, of_purpose);
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
    PERFORM key_partition(parent, child);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%L)',
        format('%s_%s', parent, to_char(day, 'YYYYMMDD')), child, of_purpose);
END
$$;

-- The days that there are become the partitions '' of days. Nothing is written anew: each is read once, by ATTACH.
DO $$
DECLARE
    parent text;
    child text;
    of_day date;
BEGIN
    FOREACH parent IN ARRAY ARRAY['transits', 'images'] LOOP
        CREATE TEMPORARY TABLE old_days ON COMMIT DROP AS
            SELECT c.relname::text AS name, to_date(right(c.relname, 8), 'YYYYMMDD') AS day
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent::regclass;
        FOR child IN SELECT name FROM old_days ORDER BY name LOOP
            EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, child);
        END LOOP;
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', parent, parent || '_pkey');
        FOR child, of_day IN SELECT name, day FROM old_days ORDER BY name LOOP
            EXECUTE format('ALTER TABLE %I RENAME TO %I', child, purpose_partition(parent, of_day, ''));
            PERFORM add_day(parent, of_day);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN ('''')', child,
                purpose_partition(parent, of_day, ''));
        END LOOP;
        DROP TABLE old_days;
    END LOOP;
END
$$;

-- Image files that lie on the shelf of gates whose rows of a day were dropped: told in the transaction of the drop, so that
-- no file stays behind when the process ends in between.
CREATE TABLE dropped_images (
    day     date             NOT NULL,
    gate_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (day, gate_id)
);

CREATE FUNCTION ensure_purpose_partition(parent text, day date, of_purpose text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    child text := purpose_partition(parent, day, of_purpose);
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = current_schema()::regnamespace) THEN
        RETURN false;
    END IF;
    IF parent NOT IN ('transits', 'images') THEN
        RAISE EXCEPTION '% has no partitions by purpose', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('anpr partition ' || parent, 0));
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = current_schema()::regnamespace) THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_class WHERE relname = format('%s_%s', parent, to_char(day, 'YYYYMMDD'))
                   AND relnamespace = current_schema()::regnamespace) THEN
        PERFORM add_day(parent, day);
    END IF;
    PERFORM add_purpose(parent, day, of_purpose);
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION ensure_partition(parent text, day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    child text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
    starts timestamptz := day::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF parent IN ('transits', 'images') THEN
        RETURN ensure_purpose_partition(parent, day, '');
    END IF;
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

-- Drops a purpose's partition of a day, but for rows of transits that something retains; a day without partitions goes as well.
-- Drops wait 5 s for their locks at most, because everybody else queues up behind them.
DROP FUNCTION expire_partition(text, date);
CREATE FUNCTION expire_purpose_partition(parent text, day date, of_purpose text, OUT kept bigint, OUT dropped bigint)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    whole text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
    child text := purpose_partition(parent, day, of_purpose);
    spare text := format('%s_kept', child);
    key text := CASE parent WHEN 'transits' THEN 'id' ELSE 'transit_id' END;
    starts timestamptz := day::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF parent NOT IN ('transits', 'images') THEN
        RAISE EXCEPTION '% has no partitions by purpose', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('lock_timeout', '5s', true);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', spare, parent);
    EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE (captured_at, %I) IN (SELECT captured_at, transit_id'
        ' FROM retained_transits WHERE captured_at >= %L AND captured_at < %L)', spare, child, key, starts, ends);
    GET DIAGNOSTICS kept = ROW_COUNT;
    EXECUTE format('SELECT count(*) - $1 FROM %I', child) INTO dropped USING kept;
    IF parent = 'images' THEN
        EXECUTE format('INSERT INTO dropped_images SELECT DISTINCT %L::date, gate_id FROM %I ON CONFLICT DO NOTHING', day, child);
    END IF;
    EXECUTE format('DROP TABLE %I', child);
    IF kept = 0 THEN
        EXECUTE format('DROP TABLE %I', spare);
        IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = whole::regclass) THEN
            EXECUTE format('DROP TABLE %I', whole);
        END IF;
    ELSE
        EXECUTE format('ALTER TABLE %I RENAME TO %I', spare, child);
        PERFORM key_partition(parent, child);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%L)', whole, child, of_purpose);
    END IF;
END
$$;

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['ensure_partition(text, date)', 'ensure_purpose_partition(text, date, text)',
        'expire_purpose_partition(text, date, text)'] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
    END LOOP;
    FOREACH signature IN ARRAY ARRAY['ensure_purpose_partition(text, date, text)', 'expire_purpose_partition(text, date, text)',
        'purpose_partition(text, date, text)', 'key_partition(text, text)', 'add_day(text, date)',
        'add_purpose(text, date, text)'] LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
