-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The board's order: priority, in it what nobody has taken, in it the newest. An urgent alarm that somebody has taken stays above
-- a hundred that are not urgent.
DROP INDEX alarms_board;
CREATE OR REPLACE FUNCTION alarm_rank(state text, priority text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE state WHEN 'closed' THEN 6 + CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END
        ELSE CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 2 ELSE 4 END + CASE state WHEN 'raised' THEN 0 ELSE 1 END END
$$;
CREATE INDEX alarms_board ON alarms (alarm_rank(state, priority), id DESC) WHERE state <> 'closed' AND NOT retro;
