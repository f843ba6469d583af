-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Whether the vehicle of this alarm has another open one, also one that who asks may not see: then this one stays closed, and
-- whoever would open it again is told so. It says nothing else of the other.
CREATE FUNCTION is_open_anew(alarm bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT EXISTS (
        SELECT FROM alarms a JOIN alarms o USING (vehicle, organisation_id, retro)
        WHERE a.id = alarm AND o.id <> a.id AND o.state <> 'closed'
    )
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION is_open_anew(bigint) SET search_path = %I, pg_temp', current_schema());
END
$$;
