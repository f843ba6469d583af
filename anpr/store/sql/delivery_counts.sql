-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: by_day
SELECT destination, day, state, sum(number)::bigint AS number FROM delivery_counts
WHERE destination = ANY (%(destinations)s::text[]) AND day >= %(since)s
GROUP BY 1, 2, 3 HAVING sum(number) <> 0;

-- name: withheld
SELECT destination, (hour AT TIME ZONE %(zone)s)::date AS day, sum(number)::bigint AS number FROM unqueued_counts
WHERE destination = ANY (%(destinations)s::text[]) AND hour >= %(since)s
GROUP BY 1, 2;

-- name: kinds
SELECT day, state, kind, sum(number)::bigint AS number FROM delivery_counts
WHERE destination = %(destination)s AND day >= %(since)s AND day <= %(until)s AND kind <> ''
GROUP BY 1, 2, 3 HAVING sum(number) > 0
ORDER BY day DESC, number DESC, kind LIMIT %(limit)s;

-- name: fold
SELECT fold_delivery_counts(%(destination)s);

-- name: fold_all
SELECT count(fold_delivery_counts(destination)) AS count FROM (SELECT DISTINCT destination FROM delivery_counts) d;

-- name: forget
DELETE FROM delivery_counts WHERE day < %(day)s;
