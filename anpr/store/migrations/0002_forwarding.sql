-- The forwarding ledger as the forwarder needs it. Schema 1 had the table but no forwarder yet, so nothing is lost here.
DROP TABLE deliveries;

-- One row per transit and destination. Partitioned like transits (a busy site makes 400 000 rows a day), by the same
-- ensure_partition. `day` is the calendar day of the site's time zone; `batch` is the number of the file within that day,
-- given before the file is made, so that a file that is made again has the same records and the same name.
CREATE TABLE deliveries (
    destination text COLLATE "C" NOT NULL,
    captured_at timestamptz      NOT NULL,
    transit_id  uuid             NOT NULL,
    state       text             NOT NULL CHECK (state IN ('queued', 'sent', 'accepted', 'rejected', 'expired')),
    day         date             NOT NULL,
    batch       integer,
    queued_at   timestamptz      NOT NULL,
    sent_at     timestamptz,
    settled_at  timestamptz,
    reason      text,
    PRIMARY KEY (captured_at, transit_id, destination),
    CHECK (state <> 'sent' OR (batch IS NOT NULL AND sent_at IS NOT NULL)),
    CHECK (state NOT IN ('rejected', 'expired') OR reason IS NOT NULL)
) PARTITION BY RANGE (captured_at);

CREATE INDEX deliveries_batch ON deliveries (destination, day, batch) WHERE batch IS NOT NULL;
CREATE INDEX deliveries_unbatched ON deliveries (destination, day, captured_at, transit_id)
    WHERE state = 'queued' AND batch IS NULL;

-- One row per file of records. The name is kept: a profile that is changed must not rename a file that may be out there.
-- attempts is raised before the file is sent; 0 means that nothing of it has left.
CREATE TABLE forward_batches (
    destination text COLLATE "C" NOT NULL,
    day         date             NOT NULL,
    number      integer          NOT NULL CHECK (number > 0),
    file_name   text             NOT NULL,
    created_at  timestamptz      NOT NULL,
    attempts    integer          NOT NULL DEFAULT 0,
    sent_at     timestamptz,
    PRIMARY KEY (destination, day, number),
    UNIQUE (destination, file_name)
);

-- What started a run, and what it stood on: the profile with its stage, and the agreement that allowed it.
ALTER TABLE forward_runs
    ADD COLUMN kind     text NOT NULL DEFAULT 'manual' CHECK (kind IN ('nightly', 'interval', 'manual')),
    ADD COLUMN profile  text NOT NULL DEFAULT '',
    ADD COLUMN protocol text NOT NULL DEFAULT '',
    ADD COLUMN outcome  text CHECK (outcome IN ('complete', 'incomplete', 'failed'));
