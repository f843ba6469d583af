-- The last day on which a user may log in, in UTC and whole; NULL: no end.
ALTER TABLE users ADD COLUMN ends_on date;

-- A user's second factor (TOTP, RFC 6238). The secret is encrypted under a key that is not in the database. last_step is the time
-- step of the newest code that was used: no code is good twice.
CREATE TABLE second_factors (
    user_name     text COLLATE "C" PRIMARY KEY REFERENCES users (name),
    sealed_secret bytea            NOT NULL,
    begun_at      timestamptz      NOT NULL,
    confirmed_at  timestamptz,
    last_step     bigint           NOT NULL DEFAULT 0
);
-- What replaces a lost telephone, once each: digests under the same key. A code that was used is deleted.
CREATE TABLE recovery_codes (
    user_name   text COLLATE "C" NOT NULL REFERENCES second_factors (user_name) ON DELETE CASCADE,
    code_digest bytea            NOT NULL CHECK (octet_length(code_digest) = 32),
    PRIMARY KEY (user_name, code_digest)
);
