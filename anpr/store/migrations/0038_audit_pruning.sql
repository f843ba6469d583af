-- The audit's oldest rows may go, as a whole, and only so: by prune_audit, which takes the number of a row of this transaction
-- that proves what goes (`anpr.store.audit_chain.cut`). Everything else is refused as before.
CREATE INDEX audit_upkeep ON audit (action, seq) WHERE action IN ('audit-pruned', 'audit-head-mailed', 'audit-mail-failed',
    'settings-changed');
CREATE INDEX audit_actor ON audit (actor, at);
CREATE INDEX audit_case ON audit (case_reference) WHERE case_reference IS NOT NULL;

-- The last row that may go when the rows before this moment are too old, and why the next one stays: it is younger, or the first
-- that belongs to a hold that has not ended, to its case, or to an open request.
CREATE FUNCTION prunable_audit(before timestamptz) RETURNS TABLE (last bigint, kept_by text) LANGUAGE sql STABLE AS $$
    SELECT kept.seq - 1, kept.why FROM (
        SELECT max(a.seq) + 1 AS seq, 'end' AS why FROM audit a
        UNION ALL (SELECT a.seq, 'age' FROM audit a WHERE a.at >= before ORDER BY a.seq LIMIT 1)
        UNION ALL SELECT min(a.seq), 'hold' FROM holds h JOIN audit a ON a.detail->>'hold' = h.id::text
            WHERE h.ended_at IS NULL AND a.action LIKE 'hold-%'
        UNION ALL SELECT min(a.seq), 'case' FROM holds h JOIN audit a ON a.case_reference = h.case_reference
            WHERE h.ended_at IS NULL
        UNION ALL SELECT min(a.seq), 'request' FROM subject_requests r JOIN audit a ON a.detail->>'request' = r.id::text
            WHERE r.outcome IS NULL AND a.action LIKE 'request-%'
    ) kept WHERE kept.seq IS NOT NULL ORDER BY kept.seq, kept.why LIMIT 1
$$;

CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    proof record;
BEGIN
    -- The setting alone opens nothing: the audit's newest row must be a proof of this transaction that covers the row.
    IF TG_OP = 'DELETE' AND current_setting('anpr.pruning', true) = 'on' THEN
        SELECT seq, xmin::text::bigint AS written, action, detail INTO proof FROM audit ORDER BY seq DESC LIMIT 1;
        IF proof.action = 'audit-pruned' AND proof.written = pg_current_xact_id()::text::bigint & 4294967295
            AND OLD.seq <= (proof.detail->>'pruned_to')::bigint THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Deletes what the audit's newest row proves, of which `proof` is the number, and tells how many rows went. Six months are kept
-- whatever the settings say (Garante, 27 November 2008, access of system administrators).
CREATE FUNCTION prune_audit(proof bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    newest audit;
    first bigint;
    last bigint;
    gone bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('anpr audit', 0));
    SELECT * INTO newest FROM audit ORDER BY seq DESC LIMIT 1;
    first := (newest.detail->>'pruned_from')::bigint;
    last := (newest.detail->>'pruned_to')::bigint;
    IF newest.seq IS DISTINCT FROM proof OR newest.action <> 'audit-pruned' OR coalesce(newest.detail->>'signature', '') = ''
        OR first IS DISTINCT FROM (SELECT min(a.seq) FROM audit a)
        OR (newest.detail->>'pruned_hash') IS DISTINCT FROM (SELECT encode(a.hash, 'hex') FROM audit a WHERE a.seq = last)
        OR last >= proof THEN
        RAISE EXCEPTION 'the audit is append-only: row % proves no deletion', proof USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF last > (SELECT p.last FROM prunable_audit(now() - interval '183 days') p) THEN
        RAISE EXCEPTION 'the audit is append-only: rows up to % are younger than 183 days, or a case needs them', last
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('anpr.pruning', 'on', true);
    DELETE FROM audit WHERE seq <= last;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('anpr.pruning', 'off', true);
    IF gone <> last - first + 1 THEN
        RAISE EXCEPTION 'the audit is append-only: % rows are not rows % to %', gone, first, last
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN gone;
END
$$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION prune_audit(bigint) SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION prune_audit(bigint) FROM PUBLIC;
    REVOKE EXECUTE ON FUNCTION prunable_audit(timestamptz) FROM PUBLIC;
END
$$;
