-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: record
INSERT INTO dead_letters (received_at, topic, partition, "offset", reason, detail, size, value)
VALUES (%(received_at)s, %(topic)s, %(partition)s, %(offset)s, %(reason)s, %(detail)s, %(size)s, %(value)s)
ON CONFLICT DO NOTHING;

-- name: list
SELECT received_at, topic, partition, "offset", reason, detail, size, value
FROM dead_letters ORDER BY id DESC LIMIT %(limit)s;

-- name: count
SELECT reason, count(*) AS count FROM dead_letters GROUP BY reason ORDER BY reason;

-- name: delete
DELETE FROM dead_letters WHERE received_at < %(before)s;
