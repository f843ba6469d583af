-- Sessions of the console's users. The signed cookie says who; this table says whether that still holds: logging out and
-- ending all sessions last over a restart of the console and count for every console. key_hash is the SHA-256 of the
-- key in the cookie: who reads the table cannot make a cookie of it.
CREATE TABLE sessions (
    key_hash   bytea            PRIMARY KEY CHECK (octet_length(key_hash) = 32),
    user_name  text COLLATE "C" NOT NULL REFERENCES users (name),
    started_at timestamptz      NOT NULL,
    seen_at    timestamptz      NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX sessions_user ON sessions (user_name, started_at);
