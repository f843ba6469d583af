-- A shift's handover: what its operator signed when they left, and who took it over. `content` names alarms, notes and suppressions
-- by number alone; only the words of the two may hold more. digest: SHA-256 of what the first has signed.
CREATE TABLE handovers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    since           timestamptz      NOT NULL,
    made_at         timestamptz      NOT NULL,
    outgoing        text COLLATE "C" NOT NULL,
    words           text             NOT NULL DEFAULT '' CHECK (length(words) <= 2000),
    gives_alarms    boolean          NOT NULL DEFAULT false,
    content         jsonb            NOT NULL,
    digest          bytea            NOT NULL CHECK (octet_length(digest) = 32),
    incoming        text COLLATE "C",
    incoming_at     timestamptz,
    remark          text CHECK (length(remark) <= 2000),
    CHECK (since < made_at),
    CHECK (incoming <> outgoing),
    CHECK ((incoming IS NULL) = (incoming_at IS NULL)),
    CHECK (incoming IS NOT NULL OR remark IS NULL)
);
CREATE INDEX handovers_organisation ON handovers (organisation_id, id DESC);
CREATE INDEX handovers_made_at ON handovers (made_at);

-- The second signature is the only change there is, and the last one, whoever asks.
CREATE FUNCTION keep_signed_handover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.incoming IS NOT NULL OR NEW.incoming IS NULL
        OR ROW(NEW.id, NEW.organisation_id, NEW.since, NEW.made_at, NEW.outgoing, NEW.words, NEW.gives_alarms, NEW.content, NEW.digest)
            IS DISTINCT FROM
            ROW(OLD.id, OLD.organisation_id, OLD.since, OLD.made_at, OLD.outgoing, OLD.words, OLD.gives_alarms, OLD.content, OLD.digest)
    THEN
        RAISE EXCEPTION 'handover %: what was signed is not changed', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_signed BEFORE UPDATE ON handovers FOR EACH ROW EXECUTE FUNCTION keep_signed_handover();

-- What was closed in a time: the shift's, the archive's pages, the statistics.
CREATE INDEX alarms_closed ON alarms (closed_at DESC, id DESC) WHERE state = 'closed';
-- Somebody's words in a time.
CREATE INDEX alarm_events_words ON alarm_events (at) WHERE text IS NOT NULL AND author IS NOT NULL;
