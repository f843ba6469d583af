-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
-- Held by the session: it ends with the connection, so a process that dies never leaves it behind.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s::text, 0)) AS held;

-- name: unlock
SELECT pg_advisory_unlock(hashtextextended(%(name)s::text, 0));
