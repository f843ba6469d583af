-- Organisations: who owns gates, lists and people. 'manager' is the one that runs the system; it owns what nobody else does.
CREATE TABLE organisations (
    id         text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name       text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('municipality', 'union', 'force', 'manager')),
    contact    text NOT NULL DEFAULT '',
    controller text NOT NULL DEFAULT ''
);
INSERT INTO organisations (id, name, kind) VALUES ('manager', '', 'municipality');

ALTER TABLE users ADD COLUMN organisation_id text COLLATE "C" NOT NULL DEFAULT 'manager' REFERENCES organisations;
ALTER TABLE gates ADD COLUMN organisation_id text COLLATE "C" NOT NULL DEFAULT 'manager' REFERENCES organisations;

-- For whom the console acts in a transaction: an organisation and the day that counts for agreements (local), or '*', the
-- console itself. NULL: for nobody, who sees nothing.
CREATE FUNCTION acting_organisation() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('anpr.organisation', true), '')
$$;
CREATE FUNCTION acting_day() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('anpr.day', true), '')::date
$$;
-- The owner of what is made in a transaction of the console on somebody's behalf.
CREATE FUNCTION owner_of_new() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(acting_organisation(), '*'), 'manager')
$$;

ALTER TABLE watchlists ADD COLUMN organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations;
ALTER TABLE holds ADD COLUMN organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations;

-- Whose list it is or was: alarms outlive their list.
CREATE TABLE watchlist_owners (
    watchlist_id    text COLLATE "C" PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL REFERENCES organisations
);
INSERT INTO watchlist_owners SELECT id, organisation_id FROM watchlists;
CREATE FUNCTION note_watchlist_owner() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO watchlist_owners (watchlist_id, organisation_id) VALUES (NEW.id, NEW.organisation_id)
    ON CONFLICT (watchlist_id) DO UPDATE SET organisation_id = excluded.organisation_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER watchlist_owner AFTER INSERT OR UPDATE OF organisation_id ON watchlists
    FOR EACH ROW EXECUTE FUNCTION note_watchlist_owner();

-- An agreement opens gates and lists of one organisation (the grantor) to another (the grantee) from one day to another, both
-- whole and local. ended_at: before its last day.
CREATE TABLE agreements (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    grantor_id    text COLLATE "C" NOT NULL REFERENCES organisations,
    grantee_id    text COLLATE "C" NOT NULL REFERENCES organisations,
    gate_ids      text[] COLLATE "C" NOT NULL,
    watchlist_ids text[] COLLATE "C" NOT NULL,
    actions       text[] NOT NULL,
    purpose       text   NOT NULL,
    document      text   NOT NULL,
    starts_on     date   NOT NULL,
    ends_on       date   NOT NULL,
    made_at       timestamptz NOT NULL,
    made_by       text   NOT NULL,
    ended_at      timestamptz,
    ended_by      text,
    warned_at     timestamptz,
    stopped_at    timestamptz,
    CHECK (grantor_id <> grantee_id),
    CHECK (ends_on >= starts_on),
    CHECK (cardinality(gate_ids) + cardinality(watchlist_ids) > 0),
    CHECK (cardinality(actions) > 0 AND actions <@ ARRAY['alarms', 'handle', 'search', 'pictures', 'forward']),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX agreements_grantee ON agreements (grantee_id, ends_on);

-- The one place that says what is open to whom: an organisation's own, and what agreements that hold on the day open to it for
-- one of these actions. An agreement opens what its grantor owns at that moment.
CREATE FUNCTION open_gates(organisation text, wanted text[], day date) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER ROWS 20 AS $$
    SELECT id FROM gates WHERE organisation_id = organisation
    UNION
    SELECT g.id FROM agreements a JOIN gates g ON g.organisation_id = a.grantor_id AND g.id = ANY (a.gate_ids)
    WHERE a.grantee_id = organisation AND a.actions && wanted AND a.ended_at IS NULL
      AND day BETWEEN a.starts_on AND a.ends_on
$$;
CREATE FUNCTION open_watchlists(organisation text, wanted text[], day date) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER ROWS 20 AS $$
    SELECT watchlist_id FROM watchlist_owners WHERE organisation_id = organisation
    UNION
    SELECT w.watchlist_id FROM agreements a
    JOIN watchlist_owners w ON w.organisation_id = a.grantor_id AND w.watchlist_id = ANY (a.watchlist_ids)
    WHERE a.grantee_id = organisation AND a.actions && wanted AND a.ended_at IS NULL
      AND day BETWEEN a.starts_on AND a.ends_on
$$;
CREATE FUNCTION acting_gates(VARIADIC wanted text[]) RETURNS SETOF text LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT open_gates(acting_organisation(), wanted, acting_day())
$$;
CREATE FUNCTION acting_watchlists(VARIADIC wanted text[]) RETURNS SETOF text LANGUAGE sql STABLE ROWS 20 AS $$
    SELECT open_watchlists(acting_organisation(), wanted, acting_day())
$$;
-- Transits may name a gate that nobody has configured: it is the manager's.
CREATE FUNCTION known_gates() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 AS $$
    SELECT id FROM gates
$$;
CREATE FUNCTION known_watchlists() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 AS $$
    SELECT watchlist_id FROM watchlist_owners
$$;

-- The same for policies, as arrays, which are asked for once in a statement however many days it looks through. What is closed
-- to the manager (NULL for others: nothing is open because it is not closed): of a town by itself that is no gate at all, so
-- that no transit has to be looked up in a list.
CREATE FUNCTION acting_open_gates(VARIADIC wanted text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT open_gates(acting_organisation(), wanted, acting_day()))
$$;
CREATE FUNCTION acting_closed_gates(VARIADIC wanted text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN acting_organisation() = 'manager' THEN
        ARRAY(SELECT known_gates() EXCEPT SELECT open_gates(acting_organisation(), wanted, acting_day()))
    END
$$;

-- Whether the console may do this at a gate, in this transaction.
CREATE FUNCTION acting_may(wanted text, gate text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(gate <> ALL (acting_closed_gates(wanted)), false) OR gate = ANY (acting_open_gates(wanted))
$$;

-- Whether a transit raised an alarm that the console sees in this transaction.
CREATE FUNCTION acting_alarm_of(transit uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM alarms WHERE transit_id = transit);
END
$$;

-- Whether a list is compared with what passes a gate: there is somebody to whom both are open for alarms.
CREATE FUNCTION is_watched(gate text, watchlist text, on_day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER AS $$
    WITH gate_of AS (
        SELECT coalesce((SELECT organisation_id FROM gates WHERE id = gate), 'manager') AS id
    ), list_of AS (
        SELECT coalesce((SELECT organisation_id FROM watchlist_owners WHERE watchlist_id = watchlist), 'manager') AS id
    ), valid AS (
        SELECT * FROM agreements
        WHERE actions && ARRAY['alarms', 'handle'] AND ended_at IS NULL AND on_day BETWEEN starts_on AND ends_on
    )
    SELECT EXISTS (
        (SELECT id FROM gate_of
         UNION ALL
         SELECT grantee_id FROM valid WHERE grantor_id = (SELECT id FROM gate_of) AND gate = ANY (gate_ids))
        INTERSECT
        (SELECT id FROM list_of
         UNION ALL
         SELECT grantee_id FROM valid WHERE grantor_id = (SELECT id FROM list_of) AND watchlist = ANY (watchlist_ids))
    )
$$;

-- What the console asks without being shown the rows behind it.
CREATE FUNCTION plates_like(folded text, pattern text) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER ROWS 500 AS $$
    SELECT plate FROM plates WHERE look_alike LIKE folded AND plate LIKE pattern
$$;
CREATE FUNCTION look_alikes_like(folded text) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER ROWS 500 AS $$
    SELECT plate FROM plates WHERE look_alike LIKE folded
$$;
CREATE FUNCTION look_alikes_of(folded text) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 AS $$
    SELECT plate FROM plates WHERE look_alike = folded
$$;
CREATE FUNCTION count_entries(watchlist text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT count(*) FROM entries WHERE watchlist_id = watchlist
$$;
CREATE FUNCTION audit_head() RETURNS TABLE (seq bigint, hash bytea) LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT a.seq, a.hash FROM audit a ORDER BY a.seq DESC LIMIT 1
$$;

-- Whose row it is stands in the detail, which the hash covers; without, it is the manager's.
CREATE FUNCTION audit_organisation(detail json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(detail ->> 'organisation', 'manager')
$$;
CREATE INDEX audit_organisation ON audit (audit_organisation(detail), seq);

-- A view asks with the rights of whoever asks it, and not of its owner, who sees everything.
ALTER VIEW held_transits SET (security_invoker = true);
ALTER VIEW retained_transits SET (security_invoker = true);

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['note_watchlist_owner()', 'open_gates(text, text[], date)',
        'open_watchlists(text, text[], date)', 'known_gates()', 'known_watchlists()', 'is_watched(text, text, date)',
        'plates_like(text, text)', 'look_alikes_like(text)', 'look_alikes_of(text)', 'count_entries(text)', 'audit_head()'] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
