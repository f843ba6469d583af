-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: per_hour
-- Hours of UTC: stored transits, and those that were counted and not kept.
SELECT hour, sum(stored)::bigint AS stored, sum(not_kept)::bigint AS not_kept
FROM (
    SELECT date_trunc('hour', captured_at, 'UTC') AS hour, count(*) AS stored, 0 AS not_kept
    FROM transits
    WHERE gate_id = %(gate_id)s AND captured_at >= %(since)s AND captured_at < %(until)s
    GROUP BY 1
    UNION ALL
    SELECT hour, 0, number FROM discarded_counts
    WHERE gate_id = %(gate_id)s AND hour > %(since)s::timestamptz - interval '1 hour' AND hour < %(until)s
) found
GROUP BY hour ORDER BY hour;

-- name: confidence
SELECT count(*) AS transits, count(*) FILTER (WHERE confidence >= %(sure)s) AS sure
FROM (
    SELECT confidence FROM transits
    WHERE gate_id = %(gate_id)s AND captured_at >= %(since)s AND captured_at < %(until)s
    ORDER BY captured_at DESC LIMIT %(limit)s
) newest;
