-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: patience
SET lock_timeout = '60s';

-- name: lock
SELECT pg_advisory_lock(hashtextextended('anpr retention', 0));

-- name: forget_plates
DELETE FROM plates WHERE last_day < %(before)s;
