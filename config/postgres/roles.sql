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
    FOREACH name IN ARRAY ARRAY['anpr_ingest', 'anpr_console', 'anpr_forward', 'anpr_notify'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;

-- What an earlier version gave, and what nobody was meant to have.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM anpr_ingest, anpr_console, anpr_forward, anpr_notify;
-- A restore without privileges (pg_restore --no-privileges) gives these to everybody again.
REVOKE EXECUTE ON FUNCTION ensure_partition(text, date), drop_partition(text, date),
    ensure_purpose_partition(text, date, text), expire_purpose_partition(text, date, text),
    purpose_partition(text, date, text), key_partition(text, text), add_day(text, date), add_purpose(text, date, text),
    index_ids(text, boolean), drop_unannounced(timestamptz[], uuid[], text[], text[]),
    drop_discarded_images(timestamptz[], uuid[]), note_watchlist_owner(), open_gates(text, text[], date),
    open_watchlists(text, text[], date), known_gates(), known_watchlists(), is_watched(text, text, date),
    plates_like(text, text), look_alikes_like(text), look_alikes_of(text), count_entries(text), audit_head(),
    erase_for_request(bigint, text, timestamptz), kept_for_request(bigint), history_of_hold(bigint),
    history_of_request(bigint), erase_traces_for_request(bigint, timestamptz), prune_audit(bigint),
    prunable_audit(timestamptz), is_camera_of_another(text, text), is_only_of_others(text, text), begin_list_change(), note_list_change(),
    recount_lists(), confirm_list(text), lock_list_changes(), acting_instructions(bigint[], text[]), is_open_anew(bigint),
    may_change_list(text), refuse_unapproved(), refuse_unapproved_settings(),
    acting_investigations(), open_investigation(text, text, text, text, timestamptz), is_ended_investigation(text),
    find_entries(text, text, text, text, text, timestamptz, bigint, integer) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO anpr_ingest, anpr_console, anpr_forward, anpr_notify;

-- All: which schema it is, and the audit, to which rows are added and in which nobody changes any.
GRANT SELECT ON schema_migrations TO anpr_ingest, anpr_console, anpr_forward, anpr_notify;
GRANT SELECT, INSERT ON audit TO anpr_ingest, anpr_console, anpr_forward, anpr_notify;
GRANT EXECUTE ON FUNCTION audit_head() TO anpr_ingest, anpr_console, anpr_forward, anpr_notify;

-- Ingest alone takes the oldest rows away, by the function that wants a proof of them.
GRANT EXECUTE ON FUNCTION prune_audit(bigint), prunable_audit(timestamptz) TO anpr_ingest;

-- Ingest stores, matches, raises alarms, discards, and runs retention. It reads lists and no user.
GRANT SELECT, INSERT ON transits, images, discarded_transits TO anpr_ingest;
GRANT SELECT, INSERT, DELETE ON alarms, sightings TO anpr_ingest;
GRANT UPDATE (kind, priority, first_seen_at, last_seen_at, version) ON alarms TO anpr_ingest;
GRANT SELECT, INSERT ON alarm_events TO anpr_ingest;
GRANT SELECT, DELETE ON suppressions, handovers TO anpr_ingest;
-- It counts alarms that it erases.
GRANT SELECT, INSERT, UPDATE, DELETE ON alarm_counts TO anpr_ingest;
GRANT SELECT ON alarm_counts TO anpr_console;
GRANT USAGE ON SEQUENCE alarm_versions TO anpr_ingest, anpr_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON plates, gates, dead_letters, refused_senders, health_subjects,
    health_intervals, list_changes, deliveries, forward_batches, discarded_counts, camera_views, view_requests TO anpr_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON reader_plans TO anpr_ingest;
-- Texts of what readers run: of programs and models, of no transit.
GRANT SELECT, INSERT, UPDATE, DELETE ON reader_software TO anpr_ingest;
GRANT SELECT ON reader_software TO anpr_console;
-- It counts what comes and what goes; of completeness reports it forgets those that are too old.
GRANT SELECT, INSERT, UPDATE, DELETE ON transit_counts, refused_counts, reader_sequences, reader_gaps, unqueued_counts,
    forward_destinations TO anpr_ingest;
GRANT SELECT (day), DELETE ON completeness_reports TO anpr_ingest;
-- It makes the readers' plans of the gates' versions, which it does not change.
GRANT SELECT ON gate_versions TO anpr_ingest;
GRANT SELECT, UPDATE ON retro_progress, retention_state TO anpr_ingest;
GRANT SELECT, DELETE ON dropped_images TO anpr_ingest;
GRANT SELECT ON watchlists, entries, list_version, retained_transits, held_transits, reader_keys, organisations,
    agreements, watchlist_owners TO anpr_ingest;
-- It notes that an agreement is about to end, and that it has ended.
GRANT UPDATE (warned_at, stopped_at) ON agreements TO anpr_ingest;
GRANT UPDATE (name) ON organisations TO anpr_ingest;
GRANT EXECUTE ON FUNCTION is_watched(text, text, date) TO anpr_ingest;
-- Retention ends holds whose last day is over, and forgets them later; it makes none and changes none.
GRANT SELECT, DELETE, UPDATE (ended_at, ended_by) ON holds TO anpr_ingest;
GRANT SELECT ON hold_transits TO anpr_ingest;
-- It forgets what imports of lists changed, and later the imports; it reads no plate in them.
GRANT SELECT (id, imported_at, has_changes), UPDATE (has_changes), DELETE ON list_imports TO anpr_ingest;
GRANT SELECT (import_id), DELETE ON list_import_changes TO anpr_ingest;
-- It forgets requests that were closed long ago.
GRANT SELECT, DELETE ON subject_requests TO anpr_ingest;
-- It forgets investigations that ended long ago, with all that is theirs, and reads none of it.
GRANT SELECT (id, ended_at), DELETE ON investigations TO anpr_ingest;
-- It forgets answers of patrols, and where they were.
GRANT SELECT (received_at), DELETE ON patrol_answers TO anpr_ingest;
GRANT SELECT (located_at), UPDATE (latitude, longitude, accuracy_m, located_at) ON patrols TO anpr_ingest;
-- It forgets what was told of alarms.
GRANT SELECT (queued_at), DELETE ON notifications TO anpr_ingest;
GRANT SELECT (due_at), DELETE ON notification_escalations TO anpr_ingest;
GRANT EXECUTE ON FUNCTION ensure_partition(text, date), drop_partition(text, date),
    ensure_purpose_partition(text, date, text), expire_purpose_partition(text, date, text),
    drop_unannounced(timestamptz[], uuid[], text[], text[]), drop_discarded_images(timestamptz[], uuid[]) TO anpr_ingest;

-- How a source's files are read is for who imports lists: the owner, and the console.
-- Which files were fetched from where is the owner's to keep; the console tells what fails.
REVOKE ALL ON list_fetches FROM anpr_ingest, anpr_console, anpr_forward, anpr_notify;
GRANT SELECT ON list_places TO anpr_console;
GRANT SELECT, DELETE ON list_places TO anpr_ingest;
REVOKE ALL ON list_sources FROM anpr_ingest, anpr_console, anpr_forward, anpr_notify;
-- What is held of lists that a centre hands out, and what came: the pickup's to write, and the console's where a person approves what was
-- held, undoes a version, or wants one to be fetched now. Retention forgets what came.
GRANT SELECT ON received_lists, list_deliveries TO anpr_console;
GRANT UPDATE (version, version_rank, kind, sha256, as_of, taken_at, needs_full, asked_at, asked_by), DELETE ON received_lists TO anpr_console;
GRANT INSERT (watchlist_id, arrived_at, file_name, sha256, kind, version, version_rank, base, as_of, outcome, detail, by_whom, tx),
    UPDATE (size, added, changed, unchanged, removed, import_id, proposal_id, is_undone) ON list_deliveries TO anpr_console;
GRANT SELECT ON received_lists TO anpr_ingest;
GRANT SELECT (id, watchlist_id, arrived_at, outcome, is_undone), DELETE ON list_deliveries TO anpr_ingest;
-- It removes uploaded files that nobody imported, without reading them.
GRANT SELECT (uploaded_at), DELETE ON list_uploads TO anpr_ingest;
-- It ends proposals that nobody settled, and forgets them later; it reads nothing of what was proposed.
GRANT SELECT (id, watchlist_id, kind, made_by, state, expires_at, closed_at), UPDATE (state, closed_at, file), DELETE
    ON list_proposals TO anpr_ingest;

-- The console shows everything, takes and closes alarms, and is the only one that reads users.
GRANT SELECT ON transits, images, alarms, sightings, alarm_events, suppressions, handovers, gates, dead_letters, refused_senders, health_subjects, health_intervals,
    list_version, list_changes, retro_progress, retention_state, watchlists, entries, users, deliveries, forward_batches,
    forward_runs, retained_transits, discarded_counts, holds, held_transits, organisations, agreements, watchlist_owners,
    camera_views, view_requests, gate_versions, reader_plans TO anpr_console;
-- It asks readers for views of cameras.
GRANT INSERT (camera_id, gate_id, asked_at, asked_by), UPDATE (gate_id, asked_at, asked_by, handed_at) ON view_requests
    TO anpr_console;
-- Where the centre is the source of gates it adds a version to a gate, and never changes one. It makes gates for the manager
-- alone; whose a gate is, is another thing.
GRANT INSERT (gate_id, version, reader_id, definition, author, made_at, reason, restored) ON gate_versions TO anpr_console;
GRANT INSERT (id, name, purpose, legal_basis, legal_basis_until, latitude, longitude, cameras, retention_purpose, keep),
    UPDATE (name, purpose, legal_basis, legal_basis_until, latitude, longitude, cameras, retention_purpose, keep) ON gates
    TO anpr_console;
GRANT EXECUTE ON FUNCTION is_camera_of_another(text, text), is_only_of_others(text, text) TO anpr_console;
-- The dictionary of plates says of no plate where it passed: it is asked by functions, and what they name is looked for in
-- transits, with the rights of whoever asks.
GRANT EXECUTE ON FUNCTION plates_like(text, text), look_alikes_like(text), look_alikes_of(text), count_entries(text),
    open_gates(text, text[], date), open_watchlists(text, text[], date), known_gates(), known_watchlists() TO anpr_console;
-- Lists of one's own organisation are kept there. Whose a list is, and who put an entry on it, is not for the console to set.
GRANT INSERT (id, name, kind, priority, purpose, legal_basis, match, min_probability, valid_to, stale_after_hours, instructions,
    second_person, urgent_hours, settings_by, settings_at), UPDATE (name, kind, priority, purpose, legal_basis, match, min_probability,
    valid_to, stale_after_hours, instructions, second_person, urgent_hours, settings_by, settings_at), DELETE ON watchlists
    TO anpr_console;
GRANT INSERT (watchlist_id, plate, look_alike, reason, valid_from, valid_to, author, added_at, instructions),
    UPDATE (reason, valid_from, valid_to, instructions, edited_by, edited_at), DELETE ON entries TO anpr_console;
-- What waits for a second person is kept, and settled once.
GRANT SELECT, INSERT (watchlist_id, kind, entry_id, content, before, file, reason, made_by, made_at, expires_at, urgent_until, tx),
    UPDATE (entry_id, state, closed_by, closed_at, answer, file, tx) ON list_proposals TO anpr_console;
-- Files of lists are uploaded, looked at and imported there; an import is recorded, and undone once.
GRANT SELECT, INSERT (watchlist_id, file_name, content, mode, source, how, uploaded_by, uploaded_at),
    UPDATE (mode, source, how), DELETE ON list_uploads TO anpr_console;
GRANT SELECT, INSERT (watchlist_id, imported_at, imported_by, mode, file_name, sha256, format, encoding, source, added, changed,
    unchanged, removed, rejected, version_before, version_after, undoes), UPDATE (undone_at, has_changes) ON list_imports
    TO anpr_console;
GRANT SELECT, INSERT, DELETE ON list_import_changes TO anpr_console;
GRANT SELECT, INSERT, UPDATE (columns, sheet, reason, profile, changed_at) ON list_sources TO anpr_console;
GRANT EXECUTE ON FUNCTION confirm_list(text), lock_list_changes(), may_change_list(text), acting_instructions(bigint[], text[]), is_open_anew(bigint),
    find_entries(text, text, text, text, text, timestamptz, bigint, integer) TO anpr_console;
-- Organisations, and agreements between them. What an agreement opens is never changed: it is ended, and another made.
GRANT INSERT, UPDATE (name, kind, contact, controller) ON organisations TO anpr_console;
GRANT INSERT ON agreements TO anpr_console;
GRANT UPDATE (ended_at, ended_by) ON agreements TO anpr_console;
-- How far an alarm has come, and never what it rests on: its vehicle and its sightings. What happened to it is never changed.
GRANT UPDATE (state, acknowledged_by, acknowledged_at, closed_by, closed_at, outcome, note, version) ON alarms
    TO anpr_console, anpr_ingest;
GRANT INSERT (alarm_id, at, author, kind, text, detail) ON alarm_events TO anpr_console;
GRANT INSERT (vehicle, gate_id, since, until, author, made_at, reason, entries), UPDATE (lifted_by, lifted_at) ON suppressions
    TO anpr_console;
-- A shift's handover is signed by who leaves, and once more by who comes; what was signed never changes.
GRANT INSERT (since, made_at, outgoing, words, gives_alarms, content, digest), UPDATE (incoming, incoming_at, remark) ON handovers
    TO anpr_console;
-- Logging in and out, one's own password, and what administrators do with users there. Nobody's name changes and nobody
-- is removed, as the audit names them.
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO anpr_console;
GRANT INSERT (name, role, password_hash, disabled, must_change, ends_on, organisation_id, provider, subject) ON users
    TO anpr_console;
GRANT UPDATE (role, password_hash, disabled, must_change, ends_on, organisation_id, subject) ON users TO anpr_console;
GRANT SELECT, INSERT, DELETE ON used_logins TO anpr_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors, recovery_codes, login_failures, login_places TO anpr_console;
-- Holds are made, given another last day and ended there; what they hold, for which case and by whom never changes.
GRANT INSERT (case_reference, reason, author, made_at, since, until, plate, gate_id, transit_id, is_listed, ends_on) ON holds
    TO anpr_console;
GRANT SELECT, INSERT ON hold_transits TO anpr_console;
GRANT UPDATE (ends_on, ended_at, ended_by) ON holds TO anpr_console;
-- Requests of the persons concerned are registered and closed there. It erases by the function alone, which takes the number
-- of an open request for erasure.
GRANT SELECT ON subject_requests TO anpr_console;
GRANT INSERT (kind, plate, reference, received_on, registered_by, registered_at) ON subject_requests TO anpr_console;
GRANT UPDATE (outcome, grounds, answer, closed_by, closed_at) ON subject_requests TO anpr_console;
GRANT EXECUTE ON FUNCTION erase_for_request(bigint, text, timestamptz), kept_for_request(bigint), history_of_hold(bigint),
    history_of_request(bigint), erase_traces_for_request(bigint, timestamptz) TO anpr_console;

-- Investigations are for their members. They are opened by the function, which makes the person it acts for the first member; what
-- was marked, noted or asked by somebody stays theirs.
GRANT SELECT ON investigations, investigation_members, investigation_marks, investigation_notes, investigation_questions TO anpr_console;
GRANT UPDATE (title, authority, ended_at, ended_by) ON investigations TO anpr_console;
GRANT INSERT, DELETE ON investigation_members, investigation_marks TO anpr_console;
GRANT INSERT (investigation_id, at, author, text) ON investigation_notes TO anpr_console;
GRANT INSERT (investigation_id, saved_at, author, text, query), DELETE ON investigation_questions TO anpr_console;
-- Packages of evidence are made and handed over there; of who asked for one and why nothing changes.
GRANT SELECT ON evidence_packages TO anpr_console;
GRANT INSERT (investigation_id, asked_at, asked_by, reason, told_at, file_name), UPDATE (state, done, total, told_at, finished_at,
    size, sha256, missing, failure, link_hash, link_to, link_by, link_until, link_used_at, stamp_authority, stamped_at,
    stamp_failure, file_name) ON evidence_packages TO anpr_console;
GRANT EXECUTE ON FUNCTION acting_investigations(), open_investigation(text, text, text, text, timestamptz),
    is_ended_investigation(text) TO anpr_console;

-- Phones of patrols register there, for their own user; patrols answer there, and show where they are if they want to.
GRANT SELECT, INSERT, DELETE ON push_devices TO anpr_console;
GRANT SELECT ON push_key TO anpr_console;
GRANT SELECT, INSERT, UPDATE ON patrols, patrol_answers TO anpr_console;

-- Areas of gates are kept there.
GRANT SELECT, INSERT (name, gates, changed_at, changed_by), UPDATE (name, gates, changed_at, changed_by), DELETE ON gate_areas
    TO anpr_console;
-- Rules of notifications and recipients are kept there. Of the ledger it adds tests only, and puts back what nobody took.
GRANT SELECT ON notification_recipients, notification_rules, notification_rule_recipients, notifications, notification_channels
    TO anpr_console;
GRANT INSERT (name, channel, address, enabled, proposals, changed_at, changed_by), UPDATE (name, channel, address, enabled, proposals,
    changed_at, changed_by), DELETE ON notification_recipients TO anpr_console;
GRANT INSERT (name, enabled, kinds, watchlists, priorities, gates, areas, days, starts, ends, sound, after_s, plate_reason, changed_at,
    changed_by), UPDATE (name, enabled, kinds, watchlists, priorities, gates, areas, days, starts, ends, sound, after_s, plate_reason,
    version, changed_at, changed_by), DELETE ON notification_rules TO anpr_console;
GRANT INSERT, DELETE ON notification_rule_recipients TO anpr_console;
GRANT INSERT (alarm_id, recipient_id, recipient_name, channel, priority, queued_at, waits_since, next_attempt_at, asked_by),
    UPDATE (state, waits_since, next_attempt_at, settled_at) ON notifications TO anpr_console;

-- The notifier reads alarms and no transit, image or entry, and keeps its ledger. It changes neither rules nor recipients.
GRANT SELECT ON alarms, sightings, gates, watchlists, watchlist_owners, organisations, agreements, notification_recipients,
    notification_rules, notification_rule_recipients, gate_areas TO anpr_notify;
GRANT SELECT, INSERT, UPDATE ON notifications, notification_channels TO anpr_notify;
-- Of proposals it reads that they wait and who made them: no plate, reason or file. What nobody has to be told any more it takes out.
GRANT SELECT (id, watchlist_id, kind, made_by, made_at, expires_at, urgent_until, state) ON list_proposals TO anpr_notify;
GRANT DELETE ON notifications TO anpr_notify;
GRANT SELECT, INSERT, DELETE ON notification_escalations TO anpr_notify;
GRANT SELECT, UPDATE ON notifier_progress TO anpr_notify;
-- It sends to phones, and of people it knows whether they may be told: no password, no session's key.
GRANT SELECT, DELETE, UPDATE (reached_at, failing_since, failure) ON push_devices TO anpr_notify;
GRANT SELECT, INSERT, UPDATE ON push_key TO anpr_notify;
GRANT SELECT (name, role, organisation_id, disabled, ends_on) ON users TO anpr_notify;
GRANT SELECT (key_hash, user_name, started_at, ended_at) ON sessions TO anpr_notify;
GRANT SELECT (user_name, gates, areas) ON patrols TO anpr_notify;
GRANT EXECUTE ON FUNCTION open_gates(text, text[], date), open_watchlists(text, text[], date), known_gates(), known_watchlists()
    TO anpr_notify;

-- Forwarding reads transits and keeps its ledger.
GRANT SELECT ON transits, images, gates, organisations, discarded_counts TO anpr_forward;
GRANT EXECUTE ON FUNCTION open_gates(text, text[], date), known_gates() TO anpr_forward;
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries, forward_batches, forward_runs TO anpr_forward;
GRANT EXECUTE ON FUNCTION ensure_partition(text, date) TO anpr_forward;
-- It tells owners of lists of their alarms: which list and vehicle, how it ended, and nothing that somebody wrote about it.
GRANT SELECT (id, kind, vehicle, priority, raised_at, retro, state, outcome, closed_at) ON alarms TO anpr_forward;
GRANT SELECT (id, alarm_id, transit_id, captured_at, watchlist_id, retro, raised_at) ON sightings TO anpr_forward;
GRANT SELECT (id, name, kind) ON watchlists TO anpr_forward;
GRANT SELECT ON watchlist_owners TO anpr_forward;
GRANT SELECT, INSERT, UPDATE ON alarm_messages TO anpr_forward;
GRANT SELECT ON alarm_messages TO anpr_console;
-- What was not taken is queued again in the console.
GRANT UPDATE (state, attempts, queued_at, next_attempt_at, settled_at, reason) ON alarm_messages TO anpr_console;
-- It makes the completeness reports, which the console shows.
GRANT SELECT ON transit_counts, refused_counts, reader_sequences, reader_gaps, unqueued_counts, health_intervals TO anpr_forward;
GRANT SELECT, INSERT, UPDATE ON forward_destinations TO anpr_forward;
GRANT SELECT, INSERT, UPDATE (mailed_at, mail_failure, mailed_to) ON completeness_reports TO anpr_forward;
GRANT SELECT ON completeness_reports, forward_destinations TO anpr_console;
GRANT SELECT ON completeness_reports TO anpr_console;
-- Counts of the ledger change with it, by triggers; forwarding folds them, retention forgets them. The console shows them, and
-- queues again what was rejected, by functions that keep what it was and who asked.
GRANT SELECT ON delivery_counts, forward_requeues, forward_requeued, unqueued_counts TO anpr_console;
GRANT SELECT, DELETE ON delivery_counts TO anpr_ingest;
GRANT SELECT (day), DELETE ON forward_requeues TO anpr_ingest;
GRANT EXECUTE ON FUNCTION fold_delivery_counts(text) TO anpr_forward, anpr_ingest;
GRANT EXECUTE ON FUNCTION requeue_deliveries(text, date, timestamptz, timestamptz, text, uuid[], text, text, timestamptz, timestamptz)
    TO anpr_console, anpr_forward;
GRANT EXECUTE ON FUNCTION undo_requeue(bigint, text, timestamptz) TO anpr_console;
GRANT SELECT ON forward_requeues TO anpr_forward;

-- Row-level security: the console sees what is open to the organisation for which it acts in a transaction (migration 25), and
-- nothing in one that says none. Forwarding sees the transits that the destination's organisation may forward. Else ingest and
-- forwarding see all that they were given.
DO $$
DECLARE
    own constant text := '(SELECT acting_organisation() = ''manager'')';
    itself constant text := '(SELECT acting_organisation() = ''*'')';
    own_people constant text := itself || ' OR ' || own || ' OR organisation_id = (SELECT acting_organisation())';
    of_organisation constant text := 'organisation_id = (SELECT acting_organisation())';
    of_members constant text := ' IN (SELECT acting_investigations())';
    of_own_people constant text := 'user_name IN (SELECT name FROM users)';
    -- Arrays that are made once for a statement, and not for each day that it looks through. CASE, because the planner would
    -- think for each day of how to find OR in its indexes.
    at_gate constant text := 'CASE WHEN gate_id <> ALL ((SELECT acting_closed_gates(%1$s))::text[]) THEN true'
        ' WHEN gate_id = ANY ((SELECT acting_open_gates(%1$s))::text[]) THEN true ELSE %2$s END';
    seen constant text := '''alarms'', ''handle''';
    any_gate constant text := 'acting_gates(''alarms'', ''handle'', ''search'', ''pictures'')';
    listed constant text := '(watchlist_id = ANY (ARRAY(SELECT acting_watchlists(''alarms'', ''handle'')))'
        ' OR watchlist_id <> ALL (ARRAY(SELECT known_watchlists())))';
    own_list constant text := 'watchlist_id IN (SELECT w.watchlist_id FROM watchlist_owners w'
        ' WHERE w.organisation_id = (SELECT acting_organisation()))';
    -- Table, command, and which rows the console sees (or may write).
    rules constant text[][] := ARRAY[
        ['transits', 'SELECT', format(at_gate, '''search''', 'gate_id = ANY ((SELECT acting_open_gates(' || seen || '))::text[])'
            || ' AND acting_alarm_of(id)')],
        ['images', 'SELECT', format(at_gate, '''pictures''', 'false')],
        ['sightings', 'SELECT', itself || ' OR (' || format(at_gate, seen, 'false') || ' AND ' || listed || ')'],
        -- An alarm is seen by whoever sees one of its sightings, and handled by whoever may handle one.
        ['alarms', 'SELECT', itself || ' OR EXISTS (SELECT FROM sightings s WHERE s.alarm_id = alarms.id)'],
        ['alarms', 'UPDATE', 'acting_may_handle(id)'],
        ['alarm_events', 'SELECT', itself || ' OR EXISTS (SELECT FROM sightings s WHERE s.alarm_id = alarm_events.alarm_id)'],
        ['alarm_events', 'INSERT', 'acting_may_handle(alarm_id)'],
        ['suppressions', 'SELECT', of_organisation],
        ['suppressions', 'INSERT', of_organisation],
        ['suppressions', 'UPDATE', of_organisation],
        ['alarm_counts', 'SELECT', of_organisation],
        ['handovers', 'SELECT', of_organisation],
        ['handovers', 'INSERT', of_organisation],
        ['handovers', 'UPDATE', of_organisation],
        ['gates', 'SELECT', itself || ' OR ' || own || ' OR id IN (SELECT ' || any_gate || ')'],
        ['gates', 'INSERT', own],
        ['gates', 'UPDATE', own || ' OR ' || of_organisation],
        ['gate_versions', 'SELECT', own || ' OR gate_id IN (SELECT id FROM gates WHERE ' || of_organisation || ')'],
        ['gate_versions', 'INSERT', own || ' OR gate_id IN (SELECT id FROM gates WHERE ' || of_organisation || ')'],
        ['reader_plans', 'SELECT', own || ' OR reader_id IN (SELECT reader_id FROM gate_versions)'],
        ['camera_views', 'SELECT', 'gate_id IN (SELECT id FROM gates)'],
        ['view_requests', 'SELECT', 'gate_id IN (SELECT id FROM gates)'],
        ['view_requests', 'INSERT', 'gate_id IN (SELECT id FROM gates)'],
        ['view_requests', 'UPDATE', 'gate_id IN (SELECT id FROM gates)'],
        ['dead_letters', 'SELECT', own],
        ['refused_senders', 'SELECT', own],
        ['health_subjects', 'SELECT', own || ' OR gate_ids && ARRAY(SELECT ' || any_gate || ')'],
        ['health_intervals', 'SELECT', own || ' OR gate_ids && ARRAY(SELECT ' || any_gate || ')'],
        ['discarded_counts', 'SELECT', own || ' OR gate_id IN (SELECT ' || any_gate || ')'],
        ['watchlists', 'SELECT', 'id IN (SELECT acting_watchlists(''alarms'', ''handle'', ''search''))'],
        -- An id is somebody's for good: alarms outlive their list, and go by whose it was.
        ['watchlists', 'INSERT', of_organisation || ' AND (id <> ALL (ARRAY(SELECT known_watchlists())) OR id IN ('
            || 'SELECT w.watchlist_id FROM watchlist_owners w WHERE w.organisation_id = (SELECT acting_organisation())))'],
        ['watchlists', 'UPDATE', of_organisation],
        ['watchlists', 'DELETE', of_organisation],
        ['watchlist_owners', 'SELECT', itself || ' OR watchlist_id IN (SELECT acting_watchlists(''alarms'', ''handle'', ''search''))'],
        ['entries', 'SELECT', 'watchlist_id IN (SELECT acting_watchlists(''search''))'],
        ['entries', 'INSERT', own_list],
        ['entries', 'UPDATE', own_list],
        ['entries', 'DELETE', own_list],
        ['list_uploads', 'SELECT', own_list],
        ['list_uploads', 'INSERT', own_list],
        ['list_uploads', 'UPDATE', own_list],
        ['list_uploads', 'DELETE', own_list],
        ['list_proposals', 'SELECT', own_list],
        ['list_proposals', 'INSERT', own_list],
        ['list_proposals', 'UPDATE', own_list],
        ['list_imports', 'SELECT', own_list],
        ['list_imports', 'INSERT', own_list],
        ['list_imports', 'UPDATE', own_list],
        ['list_import_changes', 'SELECT', 'import_id IN (SELECT id FROM list_imports)'],
        ['list_import_changes', 'INSERT', 'import_id IN (SELECT id FROM list_imports)'],
        ['list_import_changes', 'DELETE', 'import_id IN (SELECT id FROM list_imports)'],
        ['list_places', 'SELECT', own_list],
        ['received_lists', 'SELECT', 'watchlist_id IN (SELECT acting_watchlists(''alarms'', ''handle'', ''search''))'],
        ['received_lists', 'UPDATE', own_list],
        ['received_lists', 'DELETE', own_list],
        ['list_deliveries', 'SELECT', own_list],
        ['list_deliveries', 'INSERT', own_list],
        ['list_deliveries', 'UPDATE', own_list],
        ['list_fetches', 'SELECT', own_list],
        ['list_sources', 'SELECT', own_list],
        ['list_sources', 'INSERT', own_list],
        ['list_sources', 'UPDATE', own_list],
        ['list_changes', 'SELECT', 'watchlists && ARRAY(SELECT acting_watchlists(''alarms'', ''handle'', ''search''))'],
        ['deliveries', 'SELECT', own || ' OR EXISTS (SELECT FROM transits t WHERE t.captured_at = deliveries.captured_at'
            || ' AND t.id = deliveries.transit_id)'],
        ['forward_batches', 'SELECT', own],
        ['forward_runs', 'SELECT', own],
        ['delivery_counts', 'SELECT', own],
        ['forward_requeues', 'SELECT', own],
        ['forward_requeued', 'SELECT', own],
        ['unqueued_counts', 'SELECT', own],
        ['completeness_reports', 'SELECT', of_organisation],
        ['forward_destinations', 'SELECT', of_organisation],
        ['alarm_messages', 'SELECT', of_organisation],
        ['alarm_messages', 'UPDATE', of_organisation],
        ['holds', 'SELECT', of_organisation],
        ['holds', 'INSERT', of_organisation],
        ['holds', 'UPDATE', of_organisation],
        ['hold_transits', 'SELECT', 'hold_id IN (SELECT id FROM holds)'],
        ['hold_transits', 'INSERT', 'hold_id IN (SELECT id FROM holds)'],
        ['investigations', 'SELECT', 'id' || of_members],
        ['investigations', 'UPDATE', 'id' || of_members],
        ['investigation_members', 'SELECT', 'investigation_id' || of_members],
        ['investigation_members', 'INSERT', 'investigation_id' || of_members
            || ' AND user_name IN (SELECT name FROM users WHERE ' || of_organisation || ')'],
        ['investigation_members', 'DELETE', 'investigation_id' || of_members],
        ['investigation_marks', 'SELECT', 'investigation_id' || of_members],
        ['investigation_marks', 'INSERT', 'investigation_id' || of_members],
        ['investigation_marks', 'DELETE', 'investigation_id' || of_members],
        ['investigation_notes', 'SELECT', 'investigation_id' || of_members],
        ['investigation_notes', 'INSERT', 'investigation_id' || of_members],
        ['investigation_questions', 'SELECT', 'investigation_id' || of_members],
        ['investigation_questions', 'INSERT', 'investigation_id' || of_members],
        ['investigation_questions', 'DELETE', 'investigation_id' || of_members],
        -- The console itself finds a package by its link, and takes away what is too old.
        ['evidence_packages', 'SELECT', itself || ' OR investigation_id' || of_members],
        ['evidence_packages', 'INSERT', 'investigation_id' || of_members],
        ['evidence_packages', 'UPDATE', itself || ' OR investigation_id' || of_members],
        ['subject_requests', 'SELECT', of_organisation],
        ['subject_requests', 'INSERT', of_organisation],
        ['subject_requests', 'UPDATE', of_organisation],
        ['gate_areas', 'SELECT', of_organisation],
        ['gate_areas', 'INSERT', of_organisation],
        ['gate_areas', 'UPDATE', of_organisation],
        ['gate_areas', 'DELETE', of_organisation],
        ['notification_recipients', 'SELECT', of_organisation],
        ['notification_recipients', 'INSERT', of_organisation],
        ['notification_recipients', 'UPDATE', of_organisation],
        ['notification_recipients', 'DELETE', of_organisation],
        ['notification_rules', 'SELECT', of_organisation],
        ['notification_rules', 'INSERT', of_organisation],
        ['notification_rules', 'UPDATE', of_organisation],
        ['notification_rules', 'DELETE', of_organisation],
        ['notification_rule_recipients', 'SELECT', 'rule_id IN (SELECT id FROM notification_rules)'],
        ['notification_rule_recipients', 'INSERT', 'rule_id IN (SELECT id FROM notification_rules)'
            || ' AND recipient_id IN (SELECT id FROM notification_recipients)'],
        ['notification_rule_recipients', 'DELETE', 'rule_id IN (SELECT id FROM notification_rules)'],
        ['notifications', 'SELECT', of_organisation],
        ['notifications', 'INSERT', of_organisation || ' AND asked_by IS NOT NULL'
            || ' AND recipient_id IN (SELECT id FROM notification_recipients)'],
        ['notifications', 'UPDATE', of_organisation],
        ['push_devices', 'ALL', of_own_people],
        ['patrols', 'ALL', of_own_people],
        ['patrol_answers', 'ALL', of_own_people],
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
    -- The notifier came later than the other tables' rules.
    FOREACH name IN ARRAY ARRAY['alarms', 'sightings', 'gates', 'watchlists', 'watchlist_owners', 'organisations', 'agreements', 'audit',
        'gate_areas', 'list_proposals', 'notification_recipients', 'notification_rules', 'notification_rule_recipients', 'notifications', 'push_devices', 'patrols', 'users', 'sessions'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = name AND policyname = 'notified');
        EXECUTE format('CREATE POLICY notified ON %I TO anpr_notify USING (true) WITH CHECK (true)', name);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND policyname = 'forwarded') THEN
        EXECUTE 'CREATE POLICY forwarded ON transits FOR SELECT TO anpr_forward'
            ' USING (' || format(at_gate, '''forward''', 'false') || ')';
    END IF;
END
$$;
