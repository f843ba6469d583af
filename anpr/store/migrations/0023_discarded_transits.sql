-- Gates that keep hits only. Of any other transit there stay its id, without a plate and until its day is dropped, by which its
-- images are told, and a number for each gate and hour.
ALTER TABLE gates
    ADD COLUMN retention_purpose text COLLATE "C",
    ADD COLUMN keep text COLLATE "C" NOT NULL DEFAULT 'all' CHECK (keep IN ('all', 'hits'));

CREATE TABLE discarded_transits (
    captured_at timestamptz NOT NULL,
    transit_id  uuid        NOT NULL,
    PRIMARY KEY (captured_at, transit_id)
) PARTITION BY RANGE (captured_at);

CREATE TABLE discarded_counts (
    gate_id text COLLATE "C" NOT NULL,
    hour    timestamptz      NOT NULL,
    number  bigint           NOT NULL CHECK (number > 0),
    last_at timestamptz      NOT NULL,
    PRIMARY KEY (gate_id, hour)
);

CREATE OR REPLACE FUNCTION check_partitioned(parent text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF parent NOT IN ('transits', 'images', 'deliveries', 'discarded_transits') THEN
        RAISE EXCEPTION '% has no partitions by day', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

-- Ingest may delete, besides what drop_unannounced does, the images of these transits that are discarded and not stored.
CREATE FUNCTION drop_discarded_images(moments timestamptz[], transit_ids uuid[]) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER AS $$
    DELETE FROM images i
    USING unnest(moments, transit_ids) k (captured_at, transit_id)
    WHERE i.captured_at = k.captured_at AND i.transit_id = k.transit_id
      AND EXISTS (
          SELECT FROM discarded_transits d WHERE d.captured_at = i.captured_at AND d.transit_id = i.transit_id
      )
      AND NOT EXISTS (SELECT FROM transits t WHERE t.captured_at = i.captured_at AND t.id = i.transit_id)
    RETURNING i.path
$$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION drop_discarded_images(timestamptz[], uuid[]) SET search_path = %I, pg_temp',
        current_schema());
    REVOKE EXECUTE ON FUNCTION drop_discarded_images(timestamptz[], uuid[]) FROM PUBLIC;
END
$$;
