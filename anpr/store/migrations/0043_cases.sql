-- An alarm is a case: one vehicle that lists of one organisation name, for as long as somebody has to do with it. What was a row
-- of `alarms` is now a sighting in it: one transit that one entry names. A row that was closed becomes a case of its own and keeps
-- its id, since the audit names it; open rows of one vehicle and organisation become one case with the id of the first.

-- What a list is kept for. `allowed`: its plates (permits, own vehicles) raise no alarm. Where the name does not say it for sure
-- it is `local`, which promises nothing.
ALTER TABLE watchlists ADD COLUMN kind text NOT NULL DEFAULT 'local'
    CHECK (kind IN ('stolen', 'judicial', 'uninspected', 'local', 'allowed'));
CREATE FUNCTION pg_temp.kind_of(told text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN cardinality(found) = 1 THEN found[1] ELSE 'local' END FROM (
        SELECT array_remove(ARRAY[
            CASE WHEN told ~* '\ma1\M|\m(rubat|furt|stolen)' THEN 'stolen' END,
            CASE WHEN told ~* 'scntt[ ._-]*(lista |list )?c\M|\mgiudiziari|\mjudicial' THEN 'judicial' END,
            CASE WHEN told ~* '\ma2\M|\m(revision|non revisionat|assicura|non assicurat|uninspected|uninsured)' THEN 'uninspected' END
        ], NULL) AS found
    ) words
$$;
-- No entry matches otherwise for it: the lists' version stays.
ALTER TABLE watchlists DISABLE TRIGGER USER;
UPDATE watchlists SET kind = pg_temp.kind_of(replace(replace(id, '_', ' '), '.', ' ') || ' / ' || name)
WHERE pg_temp.kind_of(replace(replace(id, '_', ' '), '.', ' ') || ' / ' || name) <> 'local';
ALTER TABLE watchlists ENABLE TRIGGER USER;
DROP FUNCTION pg_temp.kind_of(text);

ALTER TABLE alarms RENAME TO old_alarms;
ALTER SEQUENCE alarms_id_seq RENAME TO old_alarms_id_seq;
ALTER TABLE old_alarms RENAME CONSTRAINT alarms_pkey TO old_alarms_pkey;
DROP INDEX alarms_open, alarms_captured_at, alarms_retro, alarms_board;
CREATE INDEX old_alarms_vehicle ON old_alarms (entry_plate);

-- One number for every change of any alarm, in the order in which they become visible (whoever changes one has the lock).
CREATE SEQUENCE alarm_versions;

-- vehicle: the plate that the entry names (of a partial one, the plate read). priority, kind: of the sighting that leads.
-- retro: all of it was found in what had passed before. first_seen_at, last_seen_at: captures of its sightings.
CREATE TABLE alarms (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vehicle         text COLLATE "C" NOT NULL,
    organisation_id text COLLATE "C" NOT NULL REFERENCES organisations,
    kind            text             NOT NULL CHECK (kind IN ('stolen', 'judicial', 'uninspected', 'local')),
    priority        text             NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    state           text             NOT NULL DEFAULT 'raised'
                                     CHECK (state IN ('raised', 'acknowledged', 'in-progress', 'closed')),
    retro           boolean          NOT NULL DEFAULT false,
    raised_at       timestamptz      NOT NULL,
    first_seen_at   timestamptz      NOT NULL,
    last_seen_at    timestamptz      NOT NULL,
    acknowledged_by text,
    acknowledged_at timestamptz,
    closed_by       text,
    closed_at       timestamptz,
    outcome         text CHECK (outcome IN ('stopped', 'not-found', 'false-read', 'out-of-date', 'other')),
    note            text,
    version         bigint           NOT NULL DEFAULT nextval('alarm_versions'),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND outcome IS NOT NULL)),
    CHECK (state NOT IN ('acknowledged', 'in-progress') OR (acknowledged_at IS NOT NULL AND acknowledged_by IS NOT NULL)),
    CHECK (last_seen_at >= first_seen_at)
);

-- Whose list it is and which vehicle must not raise an alarm at a gate (NULL: at any) for what is captured in [since, until).
CREATE TABLE suppressions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vehicle         text COLLATE "C" NOT NULL,
    gate_id         text COLLATE "C",
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    since           timestamptz      NOT NULL,
    until           timestamptz      NOT NULL,
    author          text             NOT NULL,
    made_at         timestamptz      NOT NULL,
    reason          text             NOT NULL CHECK (reason <> ''),
    lifted_by       text,
    lifted_at       timestamptz,
    CHECK (until > since),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
CREATE INDEX suppressions_vehicle ON suppressions (vehicle, organisation_id) WHERE lifted_at IS NULL;

-- A sighting outlives its transit and its entry (both are copied, not referenced). Without an alarm: it was suppressed.
CREATE TABLE sightings (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alarm_id       bigint REFERENCES alarms ON DELETE CASCADE,
    transit_id     uuid             NOT NULL,
    captured_at    timestamptz      NOT NULL,
    raised_at      timestamptz      NOT NULL,
    gate_id        text COLLATE "C" NOT NULL,
    camera_id      text COLLATE "C" NOT NULL,
    plate          text COLLATE "C" NOT NULL,
    entry_id       bigint           NOT NULL,
    entry_plate    text COLLATE "C" NOT NULL,
    watchlist_id   text COLLATE "C" NOT NULL,
    reason         text             NOT NULL,
    priority       text             NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    probability    double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    retro          boolean          NOT NULL DEFAULT false,
    suppression_id bigint REFERENCES suppressions ON DELETE SET NULL,
    UNIQUE (transit_id, entry_id)
);

-- What happened to an alarm: append-only, and gone with it. author NULL: nobody, the system. text: somebody's own words.
CREATE TABLE alarm_events (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alarm_id bigint      NOT NULL REFERENCES alarms ON DELETE CASCADE,
    at       timestamptz NOT NULL,
    author   text,
    kind     text        NOT NULL CHECK (kind ~ '^[a-z][a-z-]{1,30}$'),
    text     text,
    detail   jsonb       NOT NULL DEFAULT '{}'
);

CREATE TABLE case_of_old AS
SELECT a.id, CASE WHEN a.state = 'closed' THEN a.id
        ELSE min(a.id) FILTER (WHERE a.state <> 'closed') OVER (PARTITION BY owner.id, a.entry_plate, a.retro) END AS case_id,
    owner.id AS organisation_id
FROM old_alarms a
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT w.organisation_id FROM watchlist_owners w WHERE w.watchlist_id = a.watchlist_id), 'manager') COLLATE "C" AS id) owner;

-- Of open rows that become one, whoever took one first has it; the most urgent leads.
INSERT INTO alarms (id, vehicle, organisation_id, kind, priority, state, retro, raised_at, first_seen_at, last_seen_at,
    acknowledged_by, acknowledged_at, closed_by, closed_at, outcome, note)
OVERRIDING SYSTEM VALUE
SELECT c.case_id, min(a.entry_plate), min(c.organisation_id),
    (array_agg(coalesce(nullif(w.kind, 'allowed'), 'local') ORDER BY rank.number, a.id))[1],
    (array_agg(a.priority ORDER BY rank.number, a.id))[1],
    CASE WHEN bool_or(a.state = 'closed') THEN 'closed' WHEN bool_or(a.state = 'acknowledged') THEN 'acknowledged' ELSE 'raised' END,
    bool_and(a.retro), min(a.raised_at), min(a.captured_at), max(a.captured_at),
    (array_agg(a.acknowledged_by ORDER BY a.acknowledged_at, a.id) FILTER (WHERE a.acknowledged_at IS NOT NULL))[1],
    min(a.acknowledged_at), min(a.closed_by), min(a.closed_at), min(a.outcome), min(a.note)
FROM old_alarms a
JOIN case_of_old c ON c.id = a.id
CROSS JOIN LATERAL (SELECT array_position(ARRAY['high', 'medium', 'low'], a.priority) AS number) rank
LEFT JOIN watchlists w ON w.id = a.watchlist_id
GROUP BY c.case_id ORDER BY c.case_id;

INSERT INTO sightings (id, alarm_id, transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id, entry_plate,
    watchlist_id, reason, priority, probability, retro)
OVERRIDING SYSTEM VALUE
SELECT a.id, c.case_id, a.transit_id, a.captured_at, a.raised_at, a.gate_id, a.camera_id, a.plate, a.entry_id, a.entry_plate,
    a.watchlist_id, a.reason, a.priority, a.probability, a.retro
FROM old_alarms a JOIN case_of_old c ON c.id = a.id ORDER BY a.id;

-- No id is given twice: the audit goes on naming what it named.
SELECT setval('alarms_id_seq', greatest(last_value, 1), is_called), setval('sightings_id_seq', greatest(last_value, 1), is_called)
FROM old_alarms_id_seq;

-- The log begins with what is known. `merged`: under which ids the audit tells of it from before.
INSERT INTO alarm_events (alarm_id, at, author, kind, text, detail)
SELECT alarm_id, at, author, kind, text, detail FROM (
    SELECT id AS alarm_id, raised_at AS at, NULL AS author, 'raised' AS kind, NULL AS text, '{}'::jsonb AS detail, 1 AS step
    FROM alarms
    UNION ALL
    SELECT case_id, max(a.raised_at), NULL, 'merged', NULL,
        jsonb_build_object('alarms', jsonb_agg(a.id ORDER BY a.id) FILTER (WHERE a.id <> case_id)), 2
    FROM old_alarms a JOIN case_of_old c ON c.id = a.id GROUP BY case_id HAVING count(*) > 1
    UNION ALL
    SELECT id, acknowledged_at, acknowledged_by, 'acknowledged', NULL, '{}', 3 FROM alarms WHERE acknowledged_at IS NOT NULL
    UNION ALL
    SELECT id, closed_at, closed_by, 'closed', note, jsonb_build_object('outcome', outcome), 4 FROM alarms WHERE state = 'closed'
) known ORDER BY alarm_id, step;

CREATE OR REPLACE VIEW retained_transits WITH (security_invoker = true) AS
    SELECT s.captured_at, s.transit_id FROM sightings s JOIN alarms a ON a.id = s.alarm_id WHERE a.state <> 'closed'
    UNION ALL
    SELECT captured_at, transit_id FROM held_transits WHERE ended_at IS NULL;

DROP TABLE old_alarms, case_of_old;

CREATE OR REPLACE FUNCTION alarm_rank(state text, priority text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE state WHEN 'raised' THEN 0 WHEN 'acknowledged' THEN 3 WHEN 'in-progress' THEN 3 ELSE 6 END
         + CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END
$$;
-- The lower the more urgent: by priority, then by kind.
CREATE FUNCTION alarm_urgency(priority text, kind text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 10 ELSE 20 END
         + CASE kind WHEN 'stolen' THEN 0 WHEN 'judicial' THEN 1 WHEN 'uninspected' THEN 2 ELSE 3 END
$$;
CREATE INDEX alarms_board ON alarms (alarm_rank(state, priority), id DESC) WHERE state <> 'closed' AND NOT retro;
CREATE INDEX alarms_open ON alarms (id) WHERE state <> 'closed';
CREATE INDEX alarms_version ON alarms (version);
CREATE INDEX alarms_closed_at ON alarms (vehicle, organisation_id, closed_at) WHERE state = 'closed';
-- One of now and one of the past at most: "taken once".
CREATE UNIQUE INDEX alarms_one_open ON alarms (vehicle, organisation_id, retro) WHERE state <> 'closed';
CREATE INDEX sightings_alarm ON sightings (alarm_id, captured_at DESC, id DESC);
CREATE INDEX sightings_captured_at ON sightings (captured_at);
CREATE INDEX sightings_retro ON sightings (entry_id) WHERE retro;
CREATE INDEX alarm_events_alarm ON alarm_events (alarm_id, id);

-- Whether a transit is in an alarm that the console sees in this transaction, or was kept from one.
CREATE OR REPLACE FUNCTION acting_alarm_of(transit uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM sightings WHERE transit_id = transit);
END
$$;
-- Whether there is a sighting of an alarm that the console may handle; its rows are those that the console sees.
CREATE FUNCTION acting_may_handle(alarm bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM sightings WHERE alarm_id = alarm AND acting_may('handle', gate_id));
END
$$;

-- As before (see migration 28). Of an alarm those sightings go that name the plate at the organisation's own gates and that
-- nothing retains; the alarm goes with its last one. Suppressions of the plate go too.
CREATE OR REPLACE FUNCTION erase_for_request(request bigint, by_whom text, at_time timestamptz)
RETURNS TABLE (what text, path text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    wanted text COLLATE "C" := plate_of_request(request);
    erased record;
BEGIN
    PERFORM FROM subject_requests WHERE id = request AND kind = 'erasure' AND outcome IS NULL FOR UPDATE;
    IF wanted IS NULL OR NOT FOUND THEN
        RAISE EXCEPTION 'request %: no open request for erasure', request USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR erased IN
        DELETE FROM transits t WHERE t.plate = wanted AND is_own_gate(t.gate_id) AND NOT EXISTS (
            SELECT FROM retained_transits kept WHERE kept.captured_at = t.captured_at AND kept.transit_id = t.id)
        RETURNING t.captured_at, t.id
    LOOP
        what := 'transit'; path := NULL;
        RETURN NEXT;
        PERFORM ensure_partition('discarded_transits', (erased.captured_at AT TIME ZONE 'UTC')::date);
        INSERT INTO discarded_transits VALUES (erased.captured_at, erased.id) ON CONFLICT DO NOTHING;
        RETURN QUERY WITH gone AS (
            DELETE FROM images i WHERE i.captured_at = erased.captured_at AND i.transit_id = erased.id RETURNING i.path
        ) SELECT 'image', gone.path FROM gone;
    END LOOP;
    FOR erased IN
        DELETE FROM sightings s WHERE (s.plate = wanted OR s.entry_plate = wanted) AND is_own_gate(s.gate_id)
            AND NOT EXISTS (SELECT FROM alarms a WHERE a.id = s.alarm_id AND a.state <> 'closed')
            AND NOT EXISTS (
                SELECT FROM retained_transits kept WHERE kept.captured_at = s.captured_at AND kept.transit_id = s.transit_id)
        RETURNING s.alarm_id
    LOOP
        what := 'sighting'; path := NULL;
        RETURN NEXT;
        DELETE FROM alarms a WHERE a.id = erased.alarm_id
            AND NOT EXISTS (SELECT FROM sightings s WHERE s.alarm_id = a.id);
        IF FOUND THEN
            what := 'alarm';
            RETURN NEXT;
        END IF;
    END LOOP;
    DELETE FROM suppressions s WHERE s.vehicle = wanted AND s.organisation_id = acting_organisation();
    DELETE FROM plates p WHERE p.plate = wanted AND NOT EXISTS (SELECT FROM transits t WHERE t.plate = wanted);
    UPDATE subject_requests SET plate = NULL, outcome = 'erased', closed_by = by_whom, closed_at = at_time WHERE id = request;
END
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION erase_for_request(bigint, text, timestamptz) SET search_path = %I, pg_temp',
        current_schema());
    REVOKE EXECUTE ON FUNCTION erase_for_request(bigint, text, timestamptz) FROM PUBLIC;
END
$$;
