-- Every transit accounted for. Numbers by gate, reader and hour, which outlive the transits: what came, what was stored, counted and
-- not kept, or refused. `numbered`, `unnumbered` and `recovered` say how a transit that counts came; `duplicates` counted before.
CREATE TABLE transit_counts (
    gate_id    text COLLATE "C" NOT NULL,
    reader_id  text COLLATE "C" NOT NULL,
    hour       timestamptz      NOT NULL,
    stored     bigint           NOT NULL DEFAULT 0 CHECK (stored >= 0),
    discarded  bigint           NOT NULL DEFAULT 0 CHECK (discarded >= 0),
    refused    bigint           NOT NULL DEFAULT 0 CHECK (refused >= 0),
    numbered   bigint           NOT NULL DEFAULT 0 CHECK (numbered >= 0),
    unnumbered bigint           NOT NULL DEFAULT 0 CHECK (unnumbered >= 0),
    recovered  bigint           NOT NULL DEFAULT 0 CHECK (recovered >= 0),
    duplicates bigint           NOT NULL DEFAULT 0 CHECK (duplicates >= 0),
    late       bigint           NOT NULL DEFAULT 0 CHECK (late >= 0),
    PRIMARY KEY (gate_id, reader_id, hour)
);
CREATE INDEX transit_counts_hour ON transit_counts (hour);

CREATE TABLE refused_counts (
    reader_id text COLLATE "C" NOT NULL,
    hour      timestamptz      NOT NULL,
    reason    text COLLATE "C" NOT NULL,
    number    bigint           NOT NULL CHECK (number > 0),
    PRIMARY KEY (reader_id, hour, reason)
);

-- Which numbers of a reader's outbox have come: one row for each outbox and one for each gap, not one for a transit.
CREATE TABLE reader_sequences (
    reader_id    text COLLATE "C" NOT NULL,
    epoch        text COLLATE "C" NOT NULL CHECK (epoch ~ '^[0-9a-f]{32}$'),
    first_number bigint,
    last_number  bigint           NOT NULL DEFAULT 0,
    first_at     timestamptz,
    last_at      timestamptz,
    forgotten    bigint           NOT NULL DEFAULT 0,
    heard_at     timestamptz      NOT NULL,
    PRIMARY KEY (reader_id, epoch)
);

CREATE TABLE reader_gaps (
    reader_id    text COLLATE "C" NOT NULL,
    epoch        text COLLATE "C" NOT NULL,
    first_number bigint           NOT NULL,
    last_number  bigint           NOT NULL CHECK (last_number >= first_number),
    after_at     timestamptz      NOT NULL,
    before_at    timestamptz      NOT NULL,
    found_at     timestamptz      NOT NULL,
    PRIMARY KEY (reader_id, epoch, first_number),
    FOREIGN KEY (reader_id, epoch) REFERENCES reader_sequences ON DELETE CASCADE
);

-- Destinations that the forwarder has told of, and the transits that left the database before they were ever queued for one.
CREATE TABLE forward_destinations (
    id              text COLLATE "C" PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL,
    told_at         timestamptz      NOT NULL
);
INSERT INTO forward_destinations
SELECT destination, 'manager', max(started_at) FROM forward_runs GROUP BY destination;

CREATE TABLE unqueued_counts (
    destination text COLLATE "C" NOT NULL,
    gate_id     text COLLATE "C" NOT NULL,
    hour        timestamptz      NOT NULL,
    reason      text             NOT NULL CHECK (reason IN ('dropped', 'erased')),
    number      bigint           NOT NULL CHECK (number > 0),
    PRIMARY KEY (destination, gate_id, hour, reason)
);

-- What is stored today was counted by nobody.
INSERT INTO transit_counts (gate_id, reader_id, hour, stored, unnumbered)
SELECT gate_id, reader_id, date_trunc('hour', captured_at, 'UTC'), count(*), count(*) FROM transits GROUP BY 1, 2, 3;
INSERT INTO transit_counts (gate_id, reader_id, hour, discarded, unnumbered)
SELECT gate_id, '', date_trunc('hour', hour, 'UTC'), number, number FROM discarded_counts;

-- A transit that is erased, whoever does it, is counted for each destination that has no row of it. Partitions that are dropped
-- delete no rows: retention counts before it drops.
CREATE FUNCTION count_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unqueued_counts (destination, gate_id, hour, reason, number)
    SELECT f.id, t.gate_id, date_trunc('hour', t.captured_at, 'UTC'), 'erased', count(*)
    FROM gone t CROSS JOIN forward_destinations f
    WHERE NOT EXISTS (
        SELECT FROM deliveries d
        WHERE d.destination = f.id AND d.captured_at = t.captured_at AND d.transit_id = t.id)
    GROUP BY 1, 2, 3
    ON CONFLICT (destination, gate_id, hour, reason) DO UPDATE SET number = unqueued_counts.number + excluded.number;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_erased AFTER DELETE ON transits REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION count_erased();
