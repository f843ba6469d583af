-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: open_by_gate
-- Alarms of now that are not closed, at each gate where one of their sightings was; the acting organisation sees its own and
-- what is opened to it.
SELECT s.gate_id, count(DISTINCT a.id) AS count FROM alarms a JOIN sightings s ON s.alarm_id = a.id
WHERE a.state <> 'closed' AND NOT a.retro GROUP BY s.gate_id;
