-- SPDX-License-Identifier: AGPL-3.0-or-later
-- An undo takes back its own requeue alone: what was queued again later, or sent and released since, is not its to take. So a
-- requeue marks its rows by their `queued_at`, and keeps the one that they had, and their state: sent ones without an answer may be
-- queued again too. Both functions are made anew.
ALTER TABLE forward_requeued ADD COLUMN queued_at timestamptz;
ALTER TABLE forward_requeued ADD COLUMN state text COLLATE "C" NOT NULL DEFAULT 'rejected';
ALTER TABLE forward_requeued ALTER COLUMN reason DROP NOT NULL;

-- Those that wait under an undo now are marked as well: the newest requeue of each is the one that they wait for.
UPDATE forward_requeued r SET queued_at = d.queued_at
FROM forward_requeues q, deliveries d
WHERE q.id = r.requeue_id AND d.destination = q.destination AND d.captured_at = r.captured_at AND d.transit_id = r.transit_id;
UPDATE deliveries d SET queued_at = newest.at
FROM (
    SELECT q.destination, r.captured_at, r.transit_id, max(q.at) AS at
    FROM forward_requeued r JOIN forward_requeues q ON q.id = r.requeue_id GROUP BY 1, 2, 3
) newest
WHERE d.destination = newest.destination AND d.captured_at = newest.captured_at AND d.transit_id = newest.transit_id
    AND d.state = 'queued' AND d.batch IS NULL;

-- As before, and with `unanswered_before`: instead of rejected ones, those that were sent before this moment and have no answer.
DROP FUNCTION requeue_deliveries(text, date, timestamptz, timestamptz, text, uuid[], text, text, timestamptz);
CREATE FUNCTION requeue_deliveries(which text, which_day date, since timestamptz, until timestamptz, which_kind text, ids uuid[],
    why text, who text, now_at timestamptz, unanswered_before timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
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
        SELECT d.captured_at, d.transit_id, d.batch, d.sent_at, d.settled_at, d.reason, d.queued_at, d.state FROM deliveries d
        WHERE d.destination = which AND d.day = which_day
            AND d.captured_at >= since AND d.captured_at < until
            AND (d.state = 'rejected' AND unanswered_before IS NULL AND (which_kind = '' OR delivery_kind(d.state, d.reason) = which_kind)
                OR d.state = 'sent' AND d.sent_at < unanswered_before)
            AND (ids IS NULL OR d.transit_id = ANY (ids))
            AND EXISTS (SELECT FROM transits t WHERE t.captured_at = d.captured_at AND t.id = d.transit_id OFFSET 0)
        FOR UPDATE
    ), kept AS (
        INSERT INTO forward_requeued (requeue_id, captured_at, transit_id, batch, sent_at, settled_at, reason, queued_at, state)
        SELECT made, c.* FROM chosen c RETURNING captured_at, transit_id
    )
    UPDATE deliveries d SET state = 'queued', batch = NULL, sent_at = NULL, settled_at = NULL, reason = NULL, queued_at = now_at
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

-- Takes back what still waits for this requeue: in no file, not sent since, and not queued again by a later one.
CREATE OR REPLACE FUNCTION undo_requeue(which bigint, who text, now_at timestamptz) RETURNS bigint LANGUAGE plpgsql
    SECURITY DEFINER AS $$
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
    UPDATE deliveries d SET state = r.state, batch = r.batch, sent_at = r.sent_at, settled_at = r.settled_at, reason = r.reason,
        queued_at = coalesce(r.queued_at, d.queued_at)
    FROM forward_requeued r
    WHERE r.requeue_id = which AND d.destination = taken.destination AND d.captured_at = r.captured_at
        AND d.transit_id = r.transit_id AND d.state = 'queued' AND d.batch IS NULL AND d.queued_at = taken.at
        AND d.captured_at >= first_at AND d.captured_at <= last_at
        AND NOT EXISTS (
            SELECT FROM forward_requeues q JOIN forward_requeued l ON l.requeue_id = q.id
            WHERE q.destination = taken.destination AND q.day = taken.day AND q.id > which
                AND l.captured_at = r.captured_at AND l.transit_id = r.transit_id
        );
    GET DIAGNOSTICS back = ROW_COUNT;
    UPDATE forward_requeues SET undone_at = now_at, undone_by = who, undone = back WHERE id = which;
    DELETE FROM forward_requeued WHERE requeue_id = which;
    RETURN back;
END
$$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION requeue_deliveries(text, date, timestamptz, timestamptz, text, uuid[], text, text, timestamptz,'
        ' timestamptz) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION undo_requeue(bigint, text, timestamptz) SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION requeue_deliveries(text, date, timestamptz, timestamptz, text, uuid[], text, text, timestamptz,
        timestamptz) FROM PUBLIC;
END
$$;
