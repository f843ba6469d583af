-- What became of the deliveries of each day, counted as the ledger changes: a month of a busy site is 12 million rows of it, and a
-- page of the console must not read them. Rows are added and never changed, so that two that write wait for nobody; several rows of
-- one count are folded into one at the end of a run. `kind` is the reason of a rejected or expired one, with its figures left out.
CREATE FUNCTION delivery_kind(state text, reason text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN state IN ('rejected', 'expired')
        THEN left(regexp_replace(coalesce(reason, ''), '[0-9]+([.,][0-9]+)*', 'N', 'g'), 200) ELSE '' END
$$;

CREATE TABLE delivery_counts (
    destination text COLLATE "C" NOT NULL,
    day         date             NOT NULL,
    state       text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    number      bigint           NOT NULL
);
CREATE INDEX delivery_counts_day ON delivery_counts (destination, day);
INSERT INTO delivery_counts
SELECT destination, day, state, delivery_kind(state, reason), count(*) FROM deliveries GROUP BY 1, 2, 3, 4;

CREATE FUNCTION count_deliveries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO delivery_counts
        SELECT destination, day, state, delivery_kind(state, reason), count(*) FROM came GROUP BY 1, 2, 3, 4;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO delivery_counts
        SELECT destination, day, state, delivery_kind(state, reason), -count(*) FROM gone GROUP BY 1, 2, 3, 4;
    ELSE
        INSERT INTO delivery_counts
        SELECT destination, day, state, kind, sum(number) FROM (
            SELECT destination, day, state, delivery_kind(state, reason) AS kind, count(*) AS number FROM came GROUP BY 1, 2, 3, 4
            UNION ALL
            SELECT destination, day, state, delivery_kind(state, reason), -count(*) FROM gone GROUP BY 1, 2, 3, 4
        ) changed GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_inserted AFTER INSERT ON deliveries REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();
CREATE TRIGGER count_updated AFTER UPDATE ON deliveries REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();
CREATE TRIGGER count_deleted AFTER DELETE ON deliveries REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();

-- A day with many rows of counts gets one for each count again. What others add meanwhile is not seen here, and stays.
CREATE FUNCTION fold_delivery_counts(which text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    WITH many AS (
        SELECT day FROM delivery_counts WHERE destination = which GROUP BY day
        HAVING count(*) > 20 + 2 * count(DISTINCT (state, kind))
    ), gone AS (
        DELETE FROM delivery_counts c USING many m WHERE c.destination = which AND c.day = m.day
        RETURNING c.day, c.state, c.kind, c.number
    )
    INSERT INTO delivery_counts
    SELECT which, day, state, kind, sum(number) FROM gone GROUP BY 2, 3, 4 HAVING sum(number) <> 0
$$;

-- Rejected ones of a day, for their list and for queueing them again.
CREATE INDEX deliveries_rejected ON deliveries (destination, day, captured_at, transit_id) WHERE state = 'rejected';

-- The newest run of a destination for a day.
CREATE INDEX forward_runs_day ON forward_runs (destination, day, id);

-- Rejected deliveries that a person has queued again in the console, and what each was before, so that it can be undone.
CREATE TABLE forward_requeues (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination text COLLATE "C" NOT NULL,
    day         date             NOT NULL,
    kind        text             NOT NULL,
    reason      text             NOT NULL,
    author      text             NOT NULL,
    at          timestamptz      NOT NULL,
    number      bigint           NOT NULL,
    undone_at   timestamptz,
    undone_by   text,
    undone      bigint
);
CREATE INDEX forward_requeues_day ON forward_requeues (destination, day);
CREATE TABLE forward_requeued (
    requeue_id  bigint      NOT NULL REFERENCES forward_requeues ON DELETE CASCADE,
    captured_at timestamptz NOT NULL,
    transit_id  uuid        NOT NULL,
    batch       integer,
    sent_at     timestamptz,
    settled_at  timestamptz,
    reason      text        NOT NULL,
    PRIMARY KEY (requeue_id, captured_at, transit_id)
);

-- The console may change nothing of the ledger but this: what is rejected and still stored goes back into the queue, for the
-- organisation that runs the system. `which_kind` empty: of every kind; `ids` NULL: all. Returns the requeue's id, NULL for none.
CREATE FUNCTION requeue_deliveries(which text, which_day date, since timestamptz, until timestamptz, which_kind text, ids uuid[],
    why text, who text, now_at timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    made bigint;
    queued bigint;
BEGIN
    IF coalesce(acting_organisation(), '') <> 'manager' THEN
        RAISE EXCEPTION 'deliveries are queued again by who runs the system' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO forward_requeues (destination, day, kind, reason, author, at, number)
    VALUES (which, which_day, which_kind, why, who, now_at, 0) RETURNING id INTO made;
    WITH chosen AS (
        SELECT d.captured_at, d.transit_id, d.batch, d.sent_at, d.settled_at, d.reason FROM deliveries d
        WHERE d.destination = which AND d.day = which_day AND d.state = 'rejected'
            AND d.captured_at >= since AND d.captured_at < until
            AND (which_kind = '' OR delivery_kind(d.state, d.reason) = which_kind)
            AND (ids IS NULL OR d.transit_id = ANY (ids))
            AND EXISTS (SELECT FROM transits t WHERE t.captured_at = d.captured_at AND t.id = d.transit_id OFFSET 0)
        FOR UPDATE
    ), kept AS (
        INSERT INTO forward_requeued SELECT made, c.* FROM chosen c RETURNING captured_at, transit_id
    )
    UPDATE deliveries d SET state = 'queued', batch = NULL, sent_at = NULL, settled_at = NULL, reason = NULL
    FROM kept k
    WHERE d.destination = which AND d.captured_at = k.captured_at AND d.transit_id = k.transit_id
        AND d.captured_at >= since AND d.captured_at < until;
    GET DIAGNOSTICS queued = ROW_COUNT;
    IF queued = 0 THEN
        DELETE FROM forward_requeues WHERE id = made;
        RETURN NULL;
    END IF;
    UPDATE forward_requeues SET number = queued WHERE id = made;
    RETURN made;
END
$$;

-- Takes back what is still queued and in no file. Returns how many; NULL where there is nothing to undo.
CREATE FUNCTION undo_requeue(which bigint, who text, now_at timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    taken forward_requeues;
    first_at timestamptz;
    last_at timestamptz;
    back bigint;
BEGIN
    IF coalesce(acting_organisation(), '') <> 'manager' THEN
        RAISE EXCEPTION 'deliveries are queued again by who runs the system' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO taken FROM forward_requeues WHERE id = which AND undone_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- Bounds, so that it looks into the days of these alone.
    SELECT min(captured_at), max(captured_at) INTO first_at, last_at FROM forward_requeued WHERE requeue_id = which;
    UPDATE deliveries d SET state = 'rejected', batch = r.batch, sent_at = r.sent_at, settled_at = r.settled_at, reason = r.reason
    FROM forward_requeued r
    WHERE r.requeue_id = which AND d.destination = taken.destination AND d.captured_at = r.captured_at
        AND d.transit_id = r.transit_id AND d.state = 'queued' AND d.batch IS NULL
        AND d.captured_at >= first_at AND d.captured_at <= last_at;
    GET DIAGNOSTICS back = ROW_COUNT;
    UPDATE forward_requeues SET undone_at = now_at, undone_by = who, undone = back WHERE id = which;
    DELETE FROM forward_requeued WHERE requeue_id = which;
    RETURN back;
END
$$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION count_deliveries() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION fold_delivery_counts(text) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION requeue_deliveries(text, date, timestamptz, timestamptz, text, uuid[], text, text, timestamptz)'
        ' SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION undo_requeue(bigint, text, timestamptz) SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION fold_delivery_counts(text), undo_requeue(bigint, text, timestamptz), requeue_deliveries(text, date,
        timestamptz, timestamptz, text, uuid[], text, text, timestamptz) FROM PUBLIC;
END
$$;
