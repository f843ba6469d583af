-- Imports of lists: what each file was and what it did to its list, so that it can be looked up and undone. `version_before` and
-- `version_after` are those of all lists (list_version).
CREATE TABLE list_imports (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    watchlist_id   text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    imported_at    timestamptz NOT NULL,
    imported_by    text        NOT NULL,
    mode           text        NOT NULL CHECK (mode IN ('add', 'replace', 'undo')),
    file_name      text        NOT NULL,
    sha256         text        NOT NULL,
    format         text        NOT NULL,
    encoding       text        NOT NULL,
    source         text        NOT NULL,
    added          bigint      NOT NULL,
    changed        bigint      NOT NULL,
    unchanged      bigint      NOT NULL,
    removed        bigint      NOT NULL,
    rejected       bigint      NOT NULL,
    version_before bigint      NOT NULL,
    version_after  bigint      NOT NULL,
    -- The import that this one undid, and when this one was undone itself.
    undoes         bigint      REFERENCES list_imports ON DELETE SET NULL,
    undone_at      timestamptz,
    -- Whether its differences are still there.
    has_changes    boolean     NOT NULL DEFAULT true
);
CREATE INDEX list_imports_of_list ON list_imports (watchlist_id, id);
CREATE INDEX list_imports_undoes ON list_imports (undoes) WHERE undoes IS NOT NULL;

-- What it did to each entry. They hold plates that may be on no list any more: the newest imports only, for a time.
CREATE TABLE list_import_changes (
    import_id     bigint NOT NULL REFERENCES list_imports ON DELETE CASCADE,
    kind          text   NOT NULL CHECK (kind IN ('added', 'changed', 'removed')),
    plate         text COLLATE "C" NOT NULL,
    look_alike    text COLLATE "C" NOT NULL,
    valid_from    timestamptz,
    valid_to      timestamptz,
    reason_before text,
    reason_after  text,
    CHECK ((kind = 'added') = (reason_before IS NULL)),
    CHECK ((kind = 'removed') = (reason_after IS NULL))
);
CREATE INDEX list_import_changes_of ON list_import_changes (import_id, kind, plate);

-- How the files of a source are read: where its columns are, which sheet, the reason of rows that give none.
CREATE TABLE list_sources (
    watchlist_id text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    name         text             NOT NULL,
    columns      jsonb            NOT NULL,
    sheet        text             NOT NULL,
    reason       text             NOT NULL,
    changed_at   timestamptz      NOT NULL,
    PRIMARY KEY (watchlist_id, name)
);
