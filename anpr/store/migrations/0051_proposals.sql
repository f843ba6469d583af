-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A list may demand a second person: what somebody changes on it waits as a proposal until somebody else approves it. For a vehicle
-- that was stolen tonight a list may let an entry count at once, for so many hours at most, while it waits.
ALTER TABLE watchlists
    ADD COLUMN second_person boolean NOT NULL DEFAULT false,
    ADD COLUMN urgent_hours  integer NOT NULL DEFAULT 0 CHECK (urgent_hours BETWEEN 0 AND 72),
    ADD COLUMN settings_at   timestamptz,
    ADD COLUMN settings_by   text;
-- Who changed an entry last, so that a form that is older than that can say so.
ALTER TABLE entries ADD COLUMN edited_at timestamptz, ADD COLUMN edited_by text;
-- What to do comes back with an entry whose removal is undone.
ALTER TABLE list_import_changes ADD COLUMN instructions text;

CREATE TABLE list_proposals (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    watchlist_id text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    kind         text        NOT NULL CHECK (kind IN ('add', 'change', 'end', 'remove', 'import', 'undo', 'settings', 'delete')),
    -- The entry that is meant; of an urgent addition, the one that was put on the list for now.
    entry_id     bigint,
    content      jsonb       NOT NULL DEFAULT '{}',
    -- What was there when it was proposed: another one makes the proposal stale.
    before       jsonb       NOT NULL DEFAULT '{}',
    file         bytea       CHECK (octet_length(file) <= 16777216),
    reason       text        NOT NULL,
    made_by      text        NOT NULL,
    made_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    urgent_until timestamptz,
    state        text        NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'approved', 'refused', 'withdrawn', 'expired', 'stale')),
    closed_by    text,
    closed_at    timestamptz,
    answer       text,
    -- The transaction that may change the list for it.
    tx           xid8,
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK (state <> 'approved' OR closed_by <> made_by)
);
CREATE INDEX list_proposals_of_list ON list_proposals (watchlist_id, id);
CREATE INDEX list_proposals_open ON list_proposals (watchlist_id) WHERE state = 'open';

-- Whether this very transaction has approved a change of the list, or puts an urgent entry on it.
CREATE FUNCTION may_change_list(watchlist text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT EXISTS (SELECT FROM list_proposals WHERE watchlist_id = watchlist AND tx = pg_current_xact_id()
        AND (state = 'approved' OR urgent_until IS NOT NULL))
$$;

-- Whatever path changes entries: on a list that demands a second person only what was approved passes, and what ends with its urgency.
CREATE FUNCTION refuse_unapproved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM watchlists WHERE second_person) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM changed c JOIN watchlists w ON w.id = c.watchlist_id AND w.second_person
        WHERE NOT EXISTS (
            SELECT FROM list_proposals p WHERE p.watchlist_id = w.id AND p.tx = pg_current_xact_id()
                AND (p.state = 'approved' OR TG_OP <> 'DELETE' AND c.valid_to <= p.urgent_until)
        )
    ) THEN
        RAISE EXCEPTION 'entries of a list that demands a second person change by an approved proposal only';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_inserted_approved AFTER INSERT ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unapproved();
CREATE TRIGGER entries_updated_approved AFTER UPDATE ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unapproved();
CREATE TRIGGER entries_deleted_approved AFTER DELETE ON entries REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unapproved();
-- Its settings as well, or whoever wants to go round it would switch it off first.
CREATE FUNCTION refuse_unapproved_settings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM list_proposals WHERE watchlist_id = OLD.id AND tx = pg_current_xact_id() AND state = 'approved') THEN
        RAISE EXCEPTION 'a list that demands a second person changes by an approved proposal only';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER watchlists_approved BEFORE DELETE OR UPDATE OF id, name, kind, priority, purpose, legal_basis, match, min_probability,
    valid_to, stale_after_hours, instructions, second_person, urgent_hours ON watchlists
    FOR EACH ROW WHEN (OLD.second_person) EXECUTE FUNCTION refuse_unapproved_settings();

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['may_change_list(text)', 'refuse_unapproved()', 'refuse_unapproved_settings()'] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
