-- When an image came: one that no transit names goes some hours later. What is stored already came by now at the latest.
-- Rows come in the order of time, so that a few bytes for each megabyte find those of a day.
ALTER TABLE images ADD COLUMN received_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX images_received ON images USING brin (received_at);

-- Ingest may delete no images but these, whatever it asks for: those of the given ones that their transit does not name.
CREATE FUNCTION drop_unannounced(
    moments timestamptz[], transit_ids uuid[], roles text[], digests text[]
) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$
    DELETE FROM images i
    USING unnest(moments, transit_ids, roles, digests) k (captured_at, transit_id, role, sha256)
    WHERE i.captured_at = k.captured_at AND i.transit_id = k.transit_id AND i.role = k.role AND i.sha256 = k.sha256
      AND i.received_at < now() - interval '1 hour'
      AND NOT EXISTS (
          SELECT FROM transits t
          WHERE t.captured_at = i.captured_at AND t.id = i.transit_id AND t.gate_id = i.gate_id
            AND t.images @> jsonb_build_array(jsonb_build_array(i.role, i.sha256))
      )
    RETURNING i.path
$$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION drop_unannounced(timestamptz[], uuid[], text[], text[]) SET search_path = %I, pg_temp',
        current_schema());
    REVOKE EXECUTE ON FUNCTION drop_unannounced(timestamptz[], uuid[], text[], text[]) FROM PUBLIC;
END
$$;
