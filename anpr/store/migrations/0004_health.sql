-- Who was looking, and when. One row per camera and reader: until when (its own clock) we know its states, and when
-- (our clock) we last heard of it.
CREATE TABLE health_subjects (
    kind        text        COLLATE "C" NOT NULL CHECK (kind IN ('camera', 'reader')),
    id          text        COLLATE "C" NOT NULL,
    reader_id   text        COLLATE "C" NOT NULL,
    gate_ids    text[]      NOT NULL,
    reported_at timestamptz,
    heard_at    timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);

-- One row per state a subject was in; the one without an end is the present. Small: a row per change, not per report.
CREATE TABLE health_intervals (
    kind       text        COLLATE "C" NOT NULL,
    id         text        COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    state      text        NOT NULL,
    reader_id  text        COLLATE "C" NOT NULL,
    gate_ids   text[]      NOT NULL,
    PRIMARY KEY (kind, id, started_at),
    FOREIGN KEY (kind, id) REFERENCES health_subjects (kind, id),
    CHECK (ended_at > started_at)
);

CREATE UNIQUE INDEX health_intervals_open ON health_intervals (kind, id) WHERE ended_at IS NULL;
CREATE INDEX health_intervals_ended ON health_intervals (ended_at, started_at) WHERE state <> 'up';
