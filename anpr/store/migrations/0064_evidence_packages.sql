-- Packages of evidence that the console makes: how far each has come, and its one-time link. Of a link's token the SHA-256 alone is
-- kept. The file lies beside the console that made it, for days; the row stays as long as its investigation.
CREATE TABLE evidence_packages (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    investigation_id bigint           NOT NULL REFERENCES investigations ON DELETE CASCADE,
    asked_at         timestamptz      NOT NULL,
    asked_by         text COLLATE "C" NOT NULL,
    reason           text             NOT NULL,
    state            text             NOT NULL DEFAULT 'making' CHECK (state IN ('making', 'ready', 'failed', 'gone')),
    done             integer          NOT NULL DEFAULT 0,
    total            integer          NOT NULL DEFAULT 0,
    told_at          timestamptz      NOT NULL,
    finished_at      timestamptz,
    file_name        text             NOT NULL,
    size             bigint,
    sha256           text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    missing          integer,
    failure          text,
    link_hash        bytea CHECK (octet_length(link_hash) = 32),
    link_to          text CHECK (length(link_to) <= 200),
    link_by          text COLLATE "C",
    link_until       timestamptz,
    link_used_at     timestamptz,
    CHECK ((state = 'ready') <= (size IS NOT NULL AND sha256 IS NOT NULL AND missing IS NOT NULL))
);
CREATE UNIQUE INDEX evidence_packages_making ON evidence_packages (investigation_id) WHERE state = 'making';
CREATE UNIQUE INDEX evidence_packages_link ON evidence_packages (link_hash) WHERE link_hash IS NOT NULL;
CREATE INDEX evidence_packages_of ON evidence_packages (investigation_id, id);
