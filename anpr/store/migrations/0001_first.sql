-- The first schema. Times are timestamptz (UTC), plates are in their normal form and compared byte by byte (COLLATE "C").
-- Words of states and kinds are checked here as well as in the domain, so that no other client can store a stranger.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Transits: daily range partitions by capture time (UTC days), dropped by retention, never deleted row by row.
CREATE TABLE transits (
    captured_at  timestamptz      NOT NULL,
    id           uuid             NOT NULL,
    received_at  timestamptz      NOT NULL,
    gate_id      text COLLATE "C" NOT NULL,
    camera_id    text COLLATE "C" NOT NULL,
    reader_id    text COLLATE "C" NOT NULL,
    first_seen   timestamptz      NOT NULL,
    last_seen    timestamptz      NOT NULL,
    plate        text COLLATE "C" NOT NULL,
    look_alike   text COLLATE "C" NOT NULL,
    raw          text             NOT NULL,
    confidence   double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    candidates   jsonb            NOT NULL,
    reads        integer          NOT NULL CHECK (reads > 0),
    box_x        double precision NOT NULL,
    box_y        double precision NOT NULL,
    box_w        double precision NOT NULL,
    box_h        double precision NOT NULL,
    country      text,
    direction    text,
    lane         text,
    images       jsonb            NOT NULL,
    PRIMARY KEY (captured_at, id)
) PARTITION BY RANGE (captured_at);

CREATE INDEX transits_plate ON transits (plate, captured_at);
CREATE INDEX transits_look_alike ON transits (look_alike, captured_at);
CREATE INDEX transits_camera ON transits (camera_id, captured_at);
CREATE INDEX transits_gate ON transits (gate_id, captured_at);
CREATE INDEX transits_id ON transits (id);

-- Every plate that passed, once: wildcards are looked up here, where there are far fewer rows than transits.
-- last_day lets retention forget a plate when the last day it was seen on is dropped.
CREATE TABLE plates (
    plate      text COLLATE "C" PRIMARY KEY,
    look_alike text COLLATE "C" NOT NULL,
    last_day   date             NOT NULL
) WITH (fillfactor = 90);

CREATE INDEX plates_wildcard ON plates USING gin (plate gin_trgm_ops, look_alike gin_trgm_ops);

-- Pictures of transits: where the bytes lie. Partitioned like transits.
CREATE TABLE images (
    captured_at timestamptz      NOT NULL,
    transit_id  uuid             NOT NULL,
    role        text             NOT NULL CHECK (role IN ('plate', 'context')),
    gate_id     text COLLATE "C" NOT NULL,
    sha256      text             NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size        integer          NOT NULL CHECK (size > 0),
    path        text             NOT NULL,
    PRIMARY KEY (captured_at, transit_id, role)
) PARTITION BY RANGE (captured_at);

-- Makes the partition of one UTC day of one of the tables above, unless it is there; true when it was made.
-- The advisory lock serialises makers. Whether it is there is asked of pg_class itself: to_regclass answers from a cache
-- that waiting for an advisory lock does not refresh, and misses what another maker has just committed.
-- LIKE + ATTACH instead of CREATE … PARTITION OF: that one would lock out readers and writers of the whole table.
CREATE FUNCTION ensure_partition(parent text, day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    child text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
    starts timestamptz := day::timestamp AT TIME ZONE 'UTC';
    ends timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = current_schema()::regnamespace) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('anpr partition', 0));
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = current_schema()::regnamespace) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, starts, ends);
    RETURN true;
END
$$;

-- Drops the partition of one UTC day. DROP needs the whole table for a moment: it waits 5 s for it at most, because
-- everybody else queues up behind it.
CREATE FUNCTION drop_partition(parent text, day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('lock_timeout', '5s', true);
    EXECUTE format('DROP TABLE %I', format('%s_%s', parent, to_char(day, 'YYYYMMDD')));
END
$$;

-- Watchlists and their entries.
CREATE TABLE watchlists (
    id              text COLLATE "C" PRIMARY KEY,
    name            text             NOT NULL,
    priority        text             NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    purpose         text             NOT NULL,
    legal_basis     text             NOT NULL,
    match           text             NOT NULL CHECK (match IN ('exact', 'look-alike', 'probability')),
    min_probability double precision NOT NULL CHECK (min_probability BETWEEN 0 AND 1)
);

CREATE TABLE entries (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    watchlist_id text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    plate        text COLLATE "C" NOT NULL,
    look_alike   text COLLATE "C" NOT NULL,
    reason       text             NOT NULL,
    valid_from   timestamptz,
    valid_to     timestamptz,
    CHECK (valid_from < valid_to),
    UNIQUE NULLS NOT DISTINCT (watchlist_id, plate, valid_from, valid_to)
);

CREATE INDEX entries_plate ON entries (plate);
CREATE INDEX entries_look_alike ON entries (look_alike);

-- Alarms outlive their transit and their entry (both are copied, not referenced) and have a retention of their own.
CREATE TABLE alarms (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transit_id      uuid             NOT NULL,
    captured_at     timestamptz      NOT NULL,
    raised_at       timestamptz      NOT NULL,
    gate_id         text COLLATE "C" NOT NULL,
    camera_id       text COLLATE "C" NOT NULL,
    plate           text COLLATE "C" NOT NULL,
    entry_id        bigint           NOT NULL,
    entry_plate     text COLLATE "C" NOT NULL,
    watchlist_id    text COLLATE "C" NOT NULL,
    reason          text             NOT NULL,
    priority        text             NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    probability     double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    state           text             NOT NULL DEFAULT 'raised' CHECK (state IN ('raised', 'acknowledged', 'closed')),
    acknowledged_by text,
    acknowledged_at timestamptz,
    closed_by       text,
    closed_at       timestamptz,
    outcome         text CHECK (outcome IN ('stopped', 'not-found', 'false-read', 'out-of-date', 'other')),
    note            text,
    UNIQUE (transit_id, entry_id),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND outcome IS NOT NULL)),
    CHECK (state <> 'acknowledged' OR (acknowledged_at IS NOT NULL AND acknowledged_by IS NOT NULL))
);

CREATE INDEX alarms_open ON alarms (id) WHERE state <> 'closed';
CREATE INDEX alarms_captured_at ON alarms (captured_at);

-- People who log in to the console.
CREATE TABLE users (
    name          text COLLATE "C" PRIMARY KEY,
    role          text             NOT NULL CHECK (role IN ('operator', 'investigator', 'list-manager', 'auditor',
                                                            'administrator', 'dpo')),
    password_hash text             NOT NULL,
    disabled      boolean          NOT NULL DEFAULT false
);

-- Gates for screens and files; camera URLs (they may hold passwords) stay in the settings.
CREATE TABLE gates (
    id                text COLLATE "C" PRIMARY KEY,
    name              text             NOT NULL,
    purpose           text             NOT NULL,
    legal_basis       text             NOT NULL,
    legal_basis_until date,
    latitude          double precision,
    longitude         double precision,
    cameras           jsonb            NOT NULL
);

-- Who asked for or changed what, and why. Append-only: the triggers refuse everything else, and each row's hash covers
-- the row before it, so that even somebody who gets round the triggers leaves a break in the chain.
-- detail is json, not jsonb: its text is hashed and must come back as it went in.
CREATE TABLE audit (
    seq            bigint      PRIMARY KEY,
    at             timestamptz NOT NULL,
    actor          text        NOT NULL,
    action         text        NOT NULL,
    reason         text,
    case_reference text,
    detail         json        NOT NULL,
    previous_hash  bytea       NOT NULL,
    hash           bytea       NOT NULL
);

CREATE INDEX audit_at ON audit (at);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
-- ALWAYS: also when a session sets session_replication_role to replica, which switches ordinary triggers off.
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_no_truncate;

-- The forwarding ledger: one row per transit and destination, and one per run.
CREATE TABLE forward_runs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination text COLLATE "C" NOT NULL,
    day         date             NOT NULL,
    started_at  timestamptz      NOT NULL,
    finished_at timestamptz,
    counts      jsonb,
    error       text
);

CREATE INDEX forward_runs_destination ON forward_runs (destination, id);

CREATE TABLE deliveries (
    transit_id  uuid             NOT NULL,
    destination text COLLATE "C" NOT NULL,
    captured_at timestamptz      NOT NULL,
    state       text             NOT NULL CHECK (state IN ('queued', 'sent', 'accepted', 'rejected', 'expired')),
    batch       text,
    attempts    integer          NOT NULL DEFAULT 0,
    queued_at   timestamptz      NOT NULL,
    sent_at     timestamptz,
    settled_at  timestamptz,
    error       text,
    PRIMARY KEY (transit_id, destination)
);

CREATE INDEX deliveries_open ON deliveries (destination, captured_at) WHERE state IN ('queued', 'sent');
CREATE INDEX deliveries_captured_at ON deliveries (captured_at);

-- Messages that could not be read, with what was wrong. `value` is cut at 64 KiB.
CREATE TABLE dead_letters (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    reason      text        NOT NULL,
    detail      text        NOT NULL,
    size        integer     NOT NULL,
    value       bytea       NOT NULL,
    UNIQUE (topic, partition, "offset")
);

CREATE INDEX dead_letters_received_at ON dead_letters (received_at);
