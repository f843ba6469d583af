-- Whether this reader, or where a secret is given this secret of it, is used by gates of other organisations and by none of
-- the one that acts. The manager may name any.
CREATE FUNCTION is_only_of_others(reader text, secret text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    WITH present AS (
        SELECT DISTINCT ON (v.gate_id) v.reader_id, v.definition, g.organisation_id
        FROM gate_versions v JOIN gates g ON g.id = v.gate_id ORDER BY v.gate_id, v.version DESC
    )
    SELECT coalesce(acting_organisation(), 'manager') NOT IN ('manager', '*')
        AND coalesce(NOT bool_or(organisation_id = acting_organisation()), false)
    FROM present
    WHERE reader_id = reader AND (secret IS NULL
        OR definition -> 'cameras' @> jsonb_build_array(jsonb_build_object('secret', secret)))
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION is_only_of_others(text, text) SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION is_only_of_others(text, text) FROM PUBLIC;
END
$$;
