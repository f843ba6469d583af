-- Retention looks twice before it deletes.

-- Transits that outlive their day, with their images, because somebody still needs them: those of open alarms. A hold for a
-- case will be one more branch here.
CREATE VIEW retained_transits AS
    SELECT captured_at, transit_id FROM alarms WHERE state <> 'closed';

-- Drops the partition of one UTC day as drop_partition does, and keeps the rows of retained transits in a new partition of
-- that day. Returns how many rows it kept.
CREATE FUNCTION expire_partition(parent text, day date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    child text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
    spare text := format('%s_kept', child);
    key text := CASE parent WHEN 'transits' THEN 'id' ELSE 'transit_id' END;
    starts timestamptz := day::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
    kept bigint;
BEGIN
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

-- When retention last ran, and why it refuses to since when: a clock that is wrong must not empty the database.
CREATE TABLE retention_state (
    is_the_one boolean     PRIMARY KEY DEFAULT true CHECK (is_the_one),
    ran_at     timestamptz NOT NULL,
    refused_at timestamptz,
    refusal    text,
    CHECK ((refused_at IS NULL) = (refusal IS NULL))
);
INSERT INTO retention_state (ran_at) VALUES (now());
