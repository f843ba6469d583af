-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Lists that a centre hands out: what is held of each, what came, and what became of it. They change by their deliveries only.
CREATE TABLE received_lists (
    watchlist_id   text COLLATE "C" PRIMARY KEY REFERENCES watchlists ON DELETE CASCADE,
    sender         text             NOT NULL,
    -- Without secrets; as the places of the list are named.
    place          text             NOT NULL,
    every_s        double precision NOT NULL CHECK (every_s > 0),
    shrink_percent double precision NOT NULL,
    growth_percent double precision NOT NULL,
    version        text,
    version_rank   bigint,
    kind           text CHECK (kind IN ('full', 'delta')),
    sha256         text             NOT NULL DEFAULT '',
    as_of          timestamptz,
    taken_at       timestamptz,
    -- A delta came that does not follow: a full one is asked for.
    needs_full     boolean          NOT NULL DEFAULT false,
    -- Somebody wants it to be looked for now.
    asked_at       timestamptz,
    asked_by       text,
    CHECK ((version IS NULL) = (version_rank IS NULL))
);
CREATE TABLE list_deliveries (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    watchlist_id text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    arrived_at   timestamptz NOT NULL,
    file_name    text        NOT NULL,
    sha256       text        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('full', 'delta')),
    version      text,
    version_rank bigint,
    base         text,
    as_of        timestamptz,
    outcome      text        NOT NULL
        CHECK (outcome IN ('taken', 'same', 'older', 'different', 'gap', 'held', 'failed', 'undone')),
    -- Why, in one line; no plate is in it.
    detail       text        NOT NULL DEFAULT '',
    by_whom      text        NOT NULL,
    size         bigint,
    added        bigint,
    changed      bigint,
    unchanged    bigint,
    removed      bigint,
    import_id    bigint REFERENCES list_imports ON DELETE SET NULL,
    proposal_id  bigint,
    -- The transaction that may change the list for it.
    tx           xid8
);
CREATE INDEX list_deliveries_of ON list_deliveries (watchlist_id, id);
CREATE INDEX list_deliveries_tx ON list_deliveries (watchlist_id, tx) WHERE tx IS NOT NULL;
CREATE INDEX list_deliveries_import ON list_deliveries (import_id) WHERE import_id IS NOT NULL;

-- Whatever path changes entries: on a list that is received only what a delivery brings passes, or the undo of one.
CREATE FUNCTION refuse_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    closed text[] := ARRAY(SELECT r.watchlist_id FROM received_lists r WHERE NOT EXISTS (
        SELECT FROM list_deliveries d WHERE d.watchlist_id = r.watchlist_id AND d.tx = pg_current_xact_id()));
BEGIN
    IF cardinality(closed) > 0 AND EXISTS (SELECT FROM changed WHERE watchlist_id = ANY (closed)) THEN
        RAISE EXCEPTION 'entries of a list that a centre hands out change by its deliveries only';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_inserted_by_delivery AFTER INSERT ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_hand();
CREATE TRIGGER entries_updated_by_delivery AFTER UPDATE ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_hand();
CREATE TRIGGER entries_deleted_by_delivery AFTER DELETE ON entries REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_hand();
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION refuse_by_hand() SET search_path = %I, pg_temp', current_schema());
    REVOKE EXECUTE ON FUNCTION refuse_by_hand() FROM PUBLIC;
END
$$;

-- An import of changes: what a delta puts on, changes and takes off.
ALTER TABLE list_imports DROP CONSTRAINT list_imports_mode_check;
ALTER TABLE list_imports ADD CONSTRAINT list_imports_mode_check CHECK (mode IN ('add', 'replace', 'delta', 'undo'));

-- A place of the web says by a mark whether there is anything new; each place may have its own pace.
ALTER TABLE list_places
    ADD COLUMN etag     text NOT NULL DEFAULT '',
    ADD COLUMN modified text NOT NULL DEFAULT '',
    ADD COLUMN sha256   text NOT NULL DEFAULT '',
    ADD COLUMN every_s  double precision;
