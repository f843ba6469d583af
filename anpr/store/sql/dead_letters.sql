-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: known
SELECT d.topic, d.partition, d."offset"
FROM unnest(%(topic)s::text[], %(partition)s::integer[], %(offset)s::bigint[]) k (topic, partition, "offset")
JOIN dead_letters d USING (topic, partition, "offset");

-- name: record
INSERT INTO dead_letters (received_at, topic, partition, "offset", reason, detail, size, value, sender)
SELECT * FROM unnest(
    %(received_at)s::timestamptz[], %(topic)s::text[], %(partition)s::integer[], %(offset)s::bigint[],
    %(reason)s::text[], %(detail)s::text[], %(size)s::integer[], %(value)s::bytea[], %(sender)s::text[]
)
ON CONFLICT DO NOTHING;

-- name: list
SELECT received_at, topic, partition, "offset", reason, detail, size, value, sender
FROM dead_letters ORDER BY id DESC LIMIT %(limit)s;

-- name: count
SELECT reason, count(*) AS count FROM dead_letters GROUP BY reason ORDER BY reason;

-- name: delete
DELETE FROM dead_letters WHERE received_at < %(before)s;
