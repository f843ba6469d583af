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

-- Failed logins, counted by all consoles together: by a user at an address (here), by address, by user over all addresses
-- (account). Subjects are digests: somebody may have typed their password as a name. Rows go an hour after the last failure.
CREATE TABLE login_failures (
    kind     text        NOT NULL CHECK (kind IN ('here', 'address', 'account')),
    subject  bytea       NOT NULL CHECK (octet_length(subject) = 32),
    failures integer     NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX login_failures_last ON login_failures (kind, last_at);
-- Addresses from which a user has logged in (digests of both): guessing elsewhere does not shut the user out there.
CREATE TABLE login_places (
    place   bytea       PRIMARY KEY CHECK (octet_length(place) = 32),
    seen_at timestamptz NOT NULL
);
CREATE INDEX login_places_seen ON login_places (seen_at);
