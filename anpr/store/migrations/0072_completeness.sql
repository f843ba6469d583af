-- Completeness reports: what became of each transit of a day, as it was known when the report was made. A day that changes later,
-- as by what arrives late, gets another revision; none is changed.
CREATE TABLE completeness_reports (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    day             date             NOT NULL,
    revision        integer          NOT NULL CHECK (revision > 0),
    made_at         timestamptz      NOT NULL,
    verdict         text             NOT NULL CHECK (verdict IN ('balanced', 'open', 'unbalanced')),
    figures         jsonb            NOT NULL,
    html            bytea            NOT NULL,
    pdf             bytea            NOT NULL,
    csv             bytea            NOT NULL,
    manifest        bytea            NOT NULL,
    signature       bytea            NOT NULL,
    mailed_at       timestamptz,
    mail_failure    text,
    UNIQUE (organisation_id, day, revision)
);
