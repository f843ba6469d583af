-- Which program and models read a transit, as its reader said with it: the texts are few and long, so that a transit has the first
-- eight bytes of its text's SHA-256. Transits from before have none: it was not recorded.
CREATE TABLE reader_software (
    id       bigint PRIMARY KEY,
    text     text NOT NULL CHECK (length(text) BETWEEN 1 AND 255),
    last_day date NOT NULL
);
ALTER TABLE transits ADD COLUMN software bigint;

-- Whether a package's manifest has a time stamp (RFC 3161): since when, by whom, or why it has none.
ALTER TABLE evidence_packages ADD COLUMN stamp_authority text CHECK (length(stamp_authority) <= 300);
ALTER TABLE evidence_packages ADD COLUMN stamped_at timestamptz;
ALTER TABLE evidence_packages ADD COLUMN stamp_failure text CHECK (length(stamp_failure) <= 300);
