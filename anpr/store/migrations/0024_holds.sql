-- A hold keeps what passed in a range of time past its day, for a case: one transit, a plate, a gate, or a plate at a gate.
CREATE TABLE holds (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_reference text        NOT NULL,
    reason         text        NOT NULL,
    author         text        NOT NULL,
    made_at        timestamptz NOT NULL,
    since          timestamptz NOT NULL,
    until          timestamptz NOT NULL,
    plate          text        COLLATE "C",
    gate_id        text        COLLATE "C",
    transit_id     uuid,
    ends_on        date        NOT NULL,
    ended_at       timestamptz,
    ended_by       text,
    CHECK (until > since),
    CHECK (num_nonnulls(plate, gate_id, transit_id) > 0),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);

-- What each hold covers, also one that has ended.
CREATE VIEW held_transits AS
    SELECT h.id AS hold_id, h.ended_at, t.captured_at, t.id AS transit_id
    FROM holds h JOIN transits t
        ON t.captured_at >= h.since AND t.captured_at < h.until
        AND (h.plate IS NULL OR t.plate = h.plate)
        AND (h.gate_id IS NULL OR t.gate_id = h.gate_id)
        AND (h.transit_id IS NULL OR t.id = h.transit_id);

-- Ended by a row, and not by a date in the query: a clock that jumps ends no hold (retention looks twice first).
CREATE OR REPLACE VIEW retained_transits AS
    SELECT captured_at, transit_id FROM alarms WHERE state <> 'closed'
    UNION ALL
    SELECT captured_at, transit_id FROM held_transits WHERE ended_at IS NULL;
