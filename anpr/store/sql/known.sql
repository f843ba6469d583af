-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: known
-- OFFSET 0 keeps it a look into one index for each transit: joined, whole days would be read.
SELECT k.place
FROM unnest(%(moments)b::timestamptz[], %(ids)b::uuid[]) WITH ORDINALITY k (captured_at, id, place)
WHERE EXISTS (SELECT FROM transits t WHERE t.captured_at = k.captured_at AND t.id = k.id OFFSET 0);
