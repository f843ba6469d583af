-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('anpr migrate', 0));

-- name: create_ledger
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: has_ledger
SELECT to_regclass('schema_migrations') IS NOT NULL AS found;

-- name: ledger
SELECT version, name, checksum, applied_at FROM schema_migrations;

-- name: record
INSERT INTO schema_migrations (version, name, checksum) VALUES (%(version)s, %(name)s, %(checksum)s);

-- name: patience
SET LOCAL lock_timeout = '2s';
