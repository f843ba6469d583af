-- Users who log in through an OpenID provider. A person is known by the provider's issuer and its identifier for them (subject), never
-- by their name: names are given again. Without a subject the provider's next person of this name becomes this user (anpr user hand-over).
-- They have no password of their own.
ALTER TABLE users
    ADD COLUMN provider text COLLATE "C",
    ADD COLUMN subject text COLLATE "C",
    ADD CONSTRAINT users_subject_of_provider CHECK (subject IS NULL OR provider IS NOT NULL),
    ADD CONSTRAINT users_provider_or_password CHECK (provider IS NULL OR password_hash = '');
CREATE UNIQUE INDEX users_subject ON users (provider, subject) WHERE subject IS NOT NULL;

-- Logins through the provider that have begun a session, by the SHA-256 of their state, so that no answer of it counts twice.
-- Rows go when the login that they belong to would be too old.
CREATE TABLE used_logins (
    state_digest bytea       PRIMARY KEY CHECK (octet_length(state_digest) = 32),
    used_at      timestamptz NOT NULL
);
