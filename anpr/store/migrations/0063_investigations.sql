-- Investigations: for which case somebody works, with whom, which transits they marked, what they noted and asked. Of a marked transit
-- its id, time and gate alone are kept: no plate outlives its transit here. A saved question may hold a plate; it goes with its
-- investigation, which retention forgets long after its end.
CREATE TABLE investigations (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    reference       text             NOT NULL CHECK (length(reference) BETWEEN 1 AND 100),
    title           text             NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    authority       text             NOT NULL DEFAULT '' CHECK (length(authority) <= 200),
    author          text COLLATE "C" NOT NULL,
    opened_at       timestamptz      NOT NULL,
    ended_at        timestamptz,
    ended_by        text COLLATE "C",
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX investigations_reference ON investigations (organisation_id, lower(reference));

-- Who works on it, and sees it.
CREATE TABLE investigation_members (
    investigation_id bigint           NOT NULL REFERENCES investigations ON DELETE CASCADE,
    user_name        text COLLATE "C" NOT NULL,
    added_at         timestamptz      NOT NULL,
    added_by         text COLLATE "C" NOT NULL,
    PRIMARY KEY (investigation_id, user_name)
);
CREATE INDEX investigation_members_user ON investigation_members (user_name);

CREATE TABLE investigation_marks (
    investigation_id bigint           NOT NULL REFERENCES investigations ON DELETE CASCADE,
    transit_id       uuid             NOT NULL,
    captured_at      timestamptz      NOT NULL,
    gate_id          text COLLATE "C" NOT NULL,
    marked_at        timestamptz      NOT NULL,
    marked_by        text COLLATE "C" NOT NULL,
    note             text             NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    PRIMARY KEY (investigation_id, transit_id)
);

CREATE TABLE investigation_notes (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    investigation_id bigint           NOT NULL REFERENCES investigations ON DELETE CASCADE,
    at               timestamptz      NOT NULL,
    author           text COLLATE "C" NOT NULL,
    text             text             NOT NULL CHECK (length(text) BETWEEN 1 AND 2000)
);
CREATE INDEX investigation_notes_of ON investigation_notes (investigation_id, id);

CREATE TABLE investigation_questions (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    investigation_id bigint           NOT NULL REFERENCES investigations ON DELETE CASCADE,
    saved_at         timestamptz      NOT NULL,
    author           text COLLATE "C" NOT NULL,
    text             text             NOT NULL CHECK (length(text) BETWEEN 1 AND 200),
    query            jsonb            NOT NULL
);
CREATE INDEX investigation_questions_of ON investigation_questions (investigation_id, id);

-- For which person the console acts in a transaction; nobody where it acts for an organisation alone.
CREATE FUNCTION acting_user() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('anpr.user', true), '')
$$;

-- The investigations of whoever the console acts for: of their organisation, and they are a member.
CREATE FUNCTION acting_investigations() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT i.id FROM investigations i JOIN investigation_members m ON m.investigation_id = i.id
    WHERE i.organisation_id = acting_organisation() AND m.user_name = acting_user()
$$;

-- Who opens an investigation is its first member. In the console that is nobody but the person it acts for.
CREATE FUNCTION open_investigation(reference text, title text, authority text, author text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    made bigint;
    first_member text := CASE WHEN acting_organisation() IS NULL THEN author ELSE acting_user() END;
BEGIN
    INSERT INTO investigations (reference, title, authority, author, opened_at)
        VALUES (reference, title, authority, first_member, at) ON CONFLICT DO NOTHING RETURNING id INTO made;
    IF made IS NOT NULL THEN
        INSERT INTO investigation_members (investigation_id, user_name, added_at, added_by) VALUES (made, first_member, at, first_member);
    END IF;
    RETURN made;
END
$$;

-- Whether the acting organisation has an investigation of this reference that has ended: nobody searches for it any more, be they
-- its member or not.
CREATE FUNCTION is_ended_investigation(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT EXISTS (SELECT FROM investigations
        WHERE organisation_id = owner_of_new() AND lower(reference) = lower(wanted) AND ended_at IS NOT NULL)
$$;

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['acting_investigations()', 'open_investigation(text, text, text, text, timestamptz)',
        'is_ended_investigation(text)'] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
