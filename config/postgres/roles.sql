-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Rights of the processes, least privilege each. The embedded PostgreSQL has them by itself. In a PostgreSQL of your own run it
-- with `psql --single-transaction` as the owner of the tables (who needs CREATEROLE) or as a superuser, after `anpr db migrate`,
-- and again after each later migration; it may be run at any time.
-- The owner migrates, and runs `anpr user`, `anpr watchlist`, `anpr key` and `anpr db`. Then make a login for each process:
--     CREATE ROLE anpr_ingest_1 LOGIN PASSWORD '…' IN ROLE anpr_ingest;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['anpr_ingest', 'anpr_console', 'anpr_forward'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;

-- What an earlier version gave, and what nobody was meant to have.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM anpr_ingest, anpr_console, anpr_forward;
-- A restore without privileges (pg_restore --no-privileges) gives these to everybody again.
REVOKE EXECUTE ON FUNCTION ensure_partition(text, date), drop_partition(text, date), expire_partition(text, date),
    index_ids(text, boolean), drop_unannounced(timestamptz[], uuid[], text[], text[]),
    drop_discarded_images(timestamptz[], uuid[]) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO anpr_ingest, anpr_console, anpr_forward;

-- All: which schema it is, and the audit, to which rows are added and from which nobody takes any.
GRANT SELECT ON schema_migrations TO anpr_ingest, anpr_console, anpr_forward;
GRANT SELECT, INSERT ON audit TO anpr_ingest, anpr_console, anpr_forward;

-- Ingest stores, matches, raises alarms, discards, and runs retention. It reads lists and no user.
GRANT SELECT, INSERT ON transits, images, discarded_transits TO anpr_ingest;
GRANT SELECT, INSERT, DELETE ON alarms TO anpr_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON plates, gates, dead_letters, refused_senders, health_subjects,
    health_intervals, list_changes, deliveries, forward_batches, discarded_counts TO anpr_ingest;
GRANT SELECT, UPDATE ON retro_progress, retention_state TO anpr_ingest;
GRANT SELECT ON watchlists, entries, list_version, retained_transits, held_transits, reader_keys TO anpr_ingest;
-- Retention ends holds whose last day is over, and forgets them later; it makes none and changes none.
GRANT SELECT, DELETE, UPDATE (ended_at, ended_by) ON holds TO anpr_ingest;
GRANT EXECUTE ON FUNCTION ensure_partition(text, date), drop_partition(text, date), expire_partition(text, date),
    drop_unannounced(timestamptz[], uuid[], text[], text[]), drop_discarded_images(timestamptz[], uuid[]) TO anpr_ingest;

-- The console shows everything, takes and closes alarms, and is the only one that reads users.
GRANT SELECT ON transits, images, plates, alarms, gates, dead_letters, refused_senders, health_subjects, health_intervals,
    list_version, list_changes, retro_progress, retention_state, watchlists, entries, users, deliveries, forward_batches,
    forward_runs, retained_transits, discarded_counts, holds, held_transits TO anpr_console;
-- How far an alarm has come, and never what it rests on: its transit, plate, entry.
GRANT UPDATE (state, acknowledged_by, acknowledged_at, closed_by, closed_at, outcome, note) ON alarms
    TO anpr_console, anpr_ingest;
-- Logging in and out, one's own password, and what administrators do with users there. Nobody's name changes and nobody
-- is removed, as the audit names them.
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO anpr_console;
GRANT INSERT (name, role, password_hash, disabled, must_change, ends_on, provider, subject) ON users TO anpr_console;
GRANT UPDATE (role, password_hash, disabled, must_change, ends_on, subject) ON users TO anpr_console;
GRANT SELECT, INSERT, DELETE ON used_logins TO anpr_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors, recovery_codes, login_failures, login_places TO anpr_console;

-- Forwarding reads transits and keeps its ledger.
GRANT SELECT ON transits, images, gates TO anpr_forward;
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries, forward_batches, forward_runs TO anpr_forward;
GRANT EXECUTE ON FUNCTION ensure_partition(text, date) TO anpr_forward;
