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
    drop_discarded_images(timestamptz[], uuid[]), note_watchlist_owner(), open_gates(text, text[], date),
    open_watchlists(text, text[], date), known_gates(), known_watchlists(), is_watched(text, text, date),
    plates_like(text, text), look_alikes_like(text), look_alikes_of(text), count_entries(text), audit_head(),
    erase_for_request(bigint, text, timestamptz), kept_for_request(bigint), history_of_hold(bigint),
    history_of_request(bigint) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO anpr_ingest, anpr_console, anpr_forward;

-- All: which schema it is, and the audit, to which rows are added and from which nobody takes any.
GRANT SELECT ON schema_migrations TO anpr_ingest, anpr_console, anpr_forward;
GRANT SELECT, INSERT ON audit TO anpr_ingest, anpr_console, anpr_forward;
GRANT EXECUTE ON FUNCTION audit_head() TO anpr_ingest, anpr_console, anpr_forward;

-- Ingest stores, matches, raises alarms, discards, and runs retention. It reads lists and no user.
GRANT SELECT, INSERT ON transits, images, discarded_transits TO anpr_ingest;
GRANT SELECT, INSERT, DELETE ON alarms TO anpr_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON plates, gates, dead_letters, refused_senders, health_subjects,
    health_intervals, list_changes, deliveries, forward_batches, discarded_counts TO anpr_ingest;
GRANT SELECT, UPDATE ON retro_progress, retention_state TO anpr_ingest;
GRANT SELECT ON watchlists, entries, list_version, retained_transits, held_transits, reader_keys, organisations,
    agreements, watchlist_owners TO anpr_ingest;
-- It notes that an agreement is about to end, and that it has ended.
GRANT UPDATE (warned_at, stopped_at) ON agreements TO anpr_ingest;
GRANT UPDATE (name) ON organisations TO anpr_ingest;
GRANT EXECUTE ON FUNCTION is_watched(text, text, date) TO anpr_ingest;
-- Retention ends holds whose last day is over, and forgets them later; it makes none and changes none.
GRANT SELECT, DELETE, UPDATE (ended_at, ended_by) ON holds TO anpr_ingest;
-- It forgets requests that were closed long ago.
GRANT SELECT, DELETE ON subject_requests TO anpr_ingest;
GRANT EXECUTE ON FUNCTION ensure_partition(text, date), drop_partition(text, date), expire_partition(text, date),
    drop_unannounced(timestamptz[], uuid[], text[], text[]), drop_discarded_images(timestamptz[], uuid[]) TO anpr_ingest;

-- The console shows everything, takes and closes alarms, and is the only one that reads users.
GRANT SELECT ON transits, images, alarms, gates, dead_letters, refused_senders, health_subjects, health_intervals,
    list_version, list_changes, retro_progress, retention_state, watchlists, entries, users, deliveries, forward_batches,
    forward_runs, retained_transits, discarded_counts, holds, held_transits, organisations, agreements, watchlist_owners
    TO anpr_console;
-- The dictionary of plates says of no plate where it passed: it is asked by functions, and what they name is looked for in
-- transits, with the rights of whoever asks.
GRANT EXECUTE ON FUNCTION plates_like(text, text), look_alikes_like(text), look_alikes_of(text), count_entries(text),
    open_gates(text, text[], date), open_watchlists(text, text[], date), known_gates(), known_watchlists() TO anpr_console;
-- Organisations, and agreements between them. What an agreement opens is never changed: it is ended, and another made.
GRANT INSERT, UPDATE (name, kind, contact, controller) ON organisations TO anpr_console;
GRANT INSERT ON agreements TO anpr_console;
GRANT UPDATE (ended_at, ended_by) ON agreements TO anpr_console;
-- How far an alarm has come, and never what it rests on: its transit, plate, entry.
GRANT UPDATE (state, acknowledged_by, acknowledged_at, closed_by, closed_at, outcome, note) ON alarms
    TO anpr_console, anpr_ingest;
-- Logging in and out, one's own password, and what administrators do with users there. Nobody's name changes and nobody
-- is removed, as the audit names them.
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO anpr_console;
GRANT INSERT (name, role, password_hash, disabled, must_change, ends_on, organisation_id, provider, subject) ON users
    TO anpr_console;
GRANT UPDATE (role, password_hash, disabled, must_change, ends_on, organisation_id, subject) ON users TO anpr_console;
GRANT SELECT, INSERT, DELETE ON used_logins TO anpr_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors, recovery_codes, login_failures, login_places TO anpr_console;
-- Holds are made, given another last day and ended there; what they hold, for which case and by whom never changes.
GRANT INSERT (case_reference, reason, author, made_at, since, until, plate, gate_id, transit_id, ends_on) ON holds
    TO anpr_console;
GRANT UPDATE (ends_on, ended_at, ended_by) ON holds TO anpr_console;
-- Requests of the persons concerned are registered and closed there. It erases by the function alone, which takes the number
-- of an open request for erasure.
GRANT SELECT ON subject_requests TO anpr_console;
GRANT INSERT (kind, plate, reference, received_on, registered_by, registered_at) ON subject_requests TO anpr_console;
GRANT UPDATE (outcome, grounds, answer, closed_by, closed_at) ON subject_requests TO anpr_console;
GRANT EXECUTE ON FUNCTION erase_for_request(bigint, text, timestamptz), kept_for_request(bigint), history_of_hold(bigint),
    history_of_request(bigint) TO anpr_console;

-- Forwarding reads transits and keeps its ledger.
GRANT SELECT ON transits, images, gates, organisations TO anpr_forward;
GRANT EXECUTE ON FUNCTION open_gates(text, text[], date), known_gates() TO anpr_forward;
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries, forward_batches, forward_runs TO anpr_forward;
GRANT EXECUTE ON FUNCTION ensure_partition(text, date) TO anpr_forward;

-- Row-level security: the console sees what is open to the organisation for which it acts in a transaction (migration 25), and
-- nothing in one that says none. Forwarding sees the transits that the destination's organisation may forward. Else ingest and
-- forwarding see all that they were given.
DO $$
DECLARE
    own constant text := '(SELECT acting_organisation() = ''manager'')';
    itself constant text := '(SELECT acting_organisation() = ''*'')';
    own_people constant text := itself || ' OR ' || own || ' OR organisation_id = (SELECT acting_organisation())';
    of_organisation constant text := 'organisation_id = (SELECT acting_organisation())';
    of_own_people constant text := 'user_name IN (SELECT name FROM users)';
    -- Arrays that are made once for a statement, and not for each day that it looks through. CASE, because the planner would
    -- think for each day of how to find OR in its indexes.
    at_gate constant text := 'CASE WHEN gate_id <> ALL ((SELECT acting_closed_gates(%1$s))::text[]) THEN true'
        ' WHEN gate_id = ANY ((SELECT acting_open_gates(%1$s))::text[]) THEN true ELSE %2$s END';
    seen constant text := '''alarms'', ''handle''';
    any_gate constant text := 'acting_gates(''alarms'', ''handle'', ''search'', ''pictures'')';
    listed constant text := '(watchlist_id = ANY (ARRAY(SELECT acting_watchlists(''alarms'', ''handle'')))'
        ' OR watchlist_id <> ALL (ARRAY(SELECT known_watchlists())))';
    -- Table, command, and which rows the console sees (or may write).
    rules constant text[][] := ARRAY[
        ['transits', 'SELECT', format(at_gate, '''search''', 'gate_id = ANY ((SELECT acting_open_gates(' || seen || '))::text[])'
            || ' AND acting_alarm_of(id)')],
        ['images', 'SELECT', format(at_gate, '''pictures''', 'false')],
        ['alarms', 'SELECT', itself || ' OR (' || format(at_gate, seen, 'false') || ' AND ' || listed || ')'],
        ['alarms', 'UPDATE', format(at_gate, '''handle''', 'false') || ' AND ' || listed],
        ['gates', 'SELECT', itself || ' OR ' || own || ' OR id IN (SELECT ' || any_gate || ')'],
        ['dead_letters', 'SELECT', own],
        ['refused_senders', 'SELECT', own],
        ['health_subjects', 'SELECT', own || ' OR gate_ids && ARRAY(SELECT ' || any_gate || ')'],
        ['health_intervals', 'SELECT', own || ' OR gate_ids && ARRAY(SELECT ' || any_gate || ')'],
        ['discarded_counts', 'SELECT', own || ' OR gate_id IN (SELECT ' || any_gate || ')'],
        ['watchlists', 'SELECT', 'id IN (SELECT acting_watchlists(''alarms'', ''handle'', ''search''))'],
        ['watchlist_owners', 'SELECT', itself || ' OR watchlist_id IN (SELECT acting_watchlists(''alarms'', ''handle'', ''search''))'],
        ['entries', 'SELECT', 'watchlist_id IN (SELECT acting_watchlists(''search''))'],
        ['list_changes', 'SELECT', 'watchlists && ARRAY(SELECT acting_watchlists(''alarms'', ''handle'', ''search''))'],
        ['deliveries', 'SELECT', own || ' OR EXISTS (SELECT FROM transits t WHERE t.captured_at = deliveries.captured_at'
            || ' AND t.id = deliveries.transit_id)'],
        ['forward_batches', 'SELECT', own],
        ['forward_runs', 'SELECT', own],
        ['holds', 'SELECT', of_organisation],
        ['holds', 'INSERT', of_organisation],
        ['holds', 'UPDATE', of_organisation],
        ['subject_requests', 'SELECT', of_organisation],
        ['subject_requests', 'INSERT', of_organisation],
        ['subject_requests', 'UPDATE', of_organisation],
        ['users', 'ALL', own_people],
        ['sessions', 'ALL', of_own_people],
        ['second_factors', 'ALL', of_own_people],
        ['recovery_codes', 'ALL', of_own_people],
        ['organisations', 'SELECT', '(SELECT acting_organisation() IS NOT NULL)'],
        ['organisations', 'INSERT', own],
        ['organisations', 'UPDATE', own],
        ['agreements', 'SELECT', own || ' OR (SELECT acting_organisation()) IN (grantor_id, grantee_id)'],
        ['agreements', 'INSERT', own || ' OR grantor_id = (SELECT acting_organisation())'],
        ['agreements', 'UPDATE', own || ' OR grantor_id = (SELECT acting_organisation())'],
        ['audit', 'SELECT', itself || ' OR audit_organisation(detail) = (SELECT acting_organisation())'],
        ['audit', 'INSERT', 'true']
    ];
    rule text[];
    name text;
    shown text;
BEGIN
    FOREACH rule SLICE 1 IN ARRAY rules LOOP
        IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = rule[1]::regclass) THEN
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', rule[1]);
            EXECUTE format('CREATE POLICY everything ON %I TO %s USING (true) WITH CHECK (true)', rule[1],
                CASE WHEN rule[1] = 'transits' THEN 'anpr_ingest' ELSE 'anpr_ingest, anpr_forward' END);
        END IF;
        -- Its name holds what it says: one that says the same is left alone, as another one would need the whole table.
        name := format('console_%s_%s', lower(rule[2]), left(md5(rule[3]), 8));
        CONTINUE WHEN EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = rule[1] AND policyname = name);
        FOR shown IN SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = rule[1]
            AND policyname LIKE format('console\_%s\_%%', lower(rule[2])) LOOP
            EXECUTE format('DROP POLICY %I ON %I', shown, rule[1]);
        END LOOP;
        EXECUTE format('CREATE POLICY %I ON %I FOR %s TO anpr_console %s', name, rule[1], rule[2],
            CASE WHEN rule[2] = 'INSERT' THEN format('WITH CHECK (%s)', rule[3]) ELSE format('USING (%s)', rule[3]) END);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND policyname = 'forwarded') THEN
        EXECUTE 'CREATE POLICY forwarded ON transits FOR SELECT TO anpr_forward'
            ' USING (' || format(at_gate, '''forward''', 'false') || ')';
    END IF;
END
$$;
