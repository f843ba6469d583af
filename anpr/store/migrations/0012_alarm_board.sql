-- The alarm board's order: first what nobody has taken, in it the high priorities, in them the newest. Age alone never takes
-- an alarm off the board. The index gives a page of it, and the place where the next one goes on, without sorting.
CREATE FUNCTION alarm_rank(state text, priority text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE state WHEN 'raised' THEN 0 WHEN 'acknowledged' THEN 3 ELSE 6 END
         + CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END
$$;
CREATE INDEX alarms_board ON alarms (alarm_rank(state, priority), id DESC) WHERE state <> 'closed' AND NOT retro;
