-- Areas: gates under a name, which rules of notifications and patrols name. An organisation's own, and never empty: an area
-- without gates would be read as one without a limit.
CREATE TABLE gate_areas (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    name            text        NOT NULL,
    gates           text[] COLLATE "C" NOT NULL CHECK (cardinality(gates) > 0),
    changed_at      timestamptz NOT NULL,
    changed_by      text        NOT NULL,
    UNIQUE (organisation_id, name)
);
ALTER TABLE notification_rules ADD COLUMN areas bigint[] NOT NULL DEFAULT '{}';
ALTER TABLE patrols ADD COLUMN areas bigint[] NOT NULL DEFAULT '{}';

-- Why something was not sent, as a code that the console has words for; `last_error` and `reason` are the channel's own words.
ALTER TABLE notifications ADD COLUMN last_fault text COLLATE "C";
ALTER TABLE notification_channels ADD COLUMN fault text COLLATE "C";
CREATE INDEX notifications_dead ON notifications (channel) WHERE state = 'dead';

-- Gates of these areas, as whoever asks sees them.
CREATE FUNCTION gates_of_areas(ids bigint[]) RETURNS text[] LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ARRAY(SELECT DISTINCT gate FROM gate_areas a, unnest(a.gates) gate WHERE a.id = ANY (ids) ORDER BY gate);
END;
