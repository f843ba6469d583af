-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: activity
SELECT (at AT TIME ZONE %(zone)s)::date AS day, action, count(*) AS count FROM audit
WHERE actor = %(person)s AND at >= %(since)s AND at < %(until)s
GROUP BY 1, 2;

-- name: has_rows
SELECT 1 AS one FROM audit WHERE actor = %(person)s LIMIT 1;

-- name: search_days
-- A night's hours go over midnight where they begin later than they end.
SELECT actor AS person, (at AT TIME ZONE %(zone)s)::date AS day, count(*) AS searches,
    count(*) FILTER (WHERE CASE WHEN %(night_from)s > %(night_to)s
        THEN extract(hour FROM at AT TIME ZONE %(zone)s) >= %(night_from)s
            OR extract(hour FROM at AT TIME ZONE %(zone)s) < %(night_to)s
        ELSE extract(hour FROM at AT TIME ZONE %(zone)s) >= %(night_from)s
            AND extract(hour FROM at AT TIME ZONE %(zone)s) < %(night_to)s END) AS night,
    count(*) FILTER (WHERE case_reference IS NULL) AS without_case
FROM audit WHERE action = 'search' AND at >= %(before)s AND at < %(until)s
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: plate_searches
SELECT actor AS person, detail ->> 'pattern' AS plate, count(*) AS searches,
    count(DISTINCT (at AT TIME ZONE %(zone)s)::date) AS days
FROM audit
WHERE action = 'search' AND at >= %(since)s AND at < %(until)s AND case_reference IS NULL
    AND detail ->> 'pattern' ~ '^[^*?]+$'
GROUP BY 1, 2 HAVING count(DISTINCT (at AT TIME ZONE %(zone)s)::date) >= %(days)s
ORDER BY 1, 2 LIMIT 1000;

-- name: last_settings
SELECT detail FROM audit WHERE action = 'settings-changed' AND detail ->> 'process' = %(process)s
ORDER BY (detail ->> 'machine' = %(machine)s) DESC, seq DESC LIMIT 1;
