-- Entries are also looked for in what passed before they came. An alarm raised from that says so.
ALTER TABLE alarms ADD COLUMN retro boolean NOT NULL DEFAULT false;
CREATE INDEX alarms_retro ON alarms (entry_id) WHERE retro;

-- Every change of the lists, and what retro-match found for the entries that came with it: how many were looked for, how
-- often they had passed, how many alarms were raised, and how many were held back because they were too many.
CREATE TABLE list_changes (
    version     bigint      PRIMARY KEY,
    changed_at  timestamptz NOT NULL,
    watchlists  text[]      NOT NULL DEFAULT '{}',
    searched    bigint      NOT NULL DEFAULT 0,
    found       bigint      NOT NULL DEFAULT 0,
    raised      bigint      NOT NULL DEFAULT 0,
    held_back   bigint      NOT NULL DEFAULT 0
);

-- How far retro-match has come: every entry up to (version, entry_id) was looked for. Whoever works has the row locked.
-- A round that must look through all candidates is done backwards in time, up to `round_until`, now at `before`.
CREATE TABLE retro_progress (
    is_the_one  boolean     PRIMARY KEY DEFAULT true CHECK (is_the_one),
    version     bigint      NOT NULL,
    entry_id    bigint      NOT NULL,
    round_until bigint,
    before      timestamptz,
    CHECK ((round_until IS NULL) = (before IS NULL))
);
-- What is on a list before this migration was compared with what passed since it came.
INSERT INTO retro_progress (version, entry_id) SELECT version, 9223372036854775807 FROM list_version;

CREATE OR REPLACE FUNCTION begin_list_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    begun bigint;
BEGIN
    UPDATE list_version SET version = version + 1 RETURNING version INTO begun;
    INSERT INTO list_changes (version, changed_at) VALUES (begun, clock_timestamp());
    PERFORM pg_notify('anpr_watchlists', begun::text);
    RETURN NULL;
END
$$;
