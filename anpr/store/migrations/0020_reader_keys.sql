-- Public keys of readers. A reader that ever had one may not send unsigned, so a revoked key stays as a row.
CREATE TABLE reader_keys (
    fingerprint text COLLATE "C" PRIMARY KEY,
    reader_id   text COLLATE "C" NOT NULL,
    public_key  text COLLATE "C" NOT NULL,
    enrolled_at timestamptz      NOT NULL,
    revoked_at  timestamptz
);

CREATE FUNCTION tell_reader_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('anpr_reader_keys', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER reader_keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON reader_keys
    FOR EACH STATEMENT EXECUTE FUNCTION tell_reader_keys();

-- How each transit came, and each reader's last heartbeat: signed, unsigned or local. NULL: from before this was kept.
ALTER TABLE transits ADD COLUMN signature text COLLATE "C" CHECK (signature IN ('signed', 'unsigned', 'local'));
ALTER TABLE health_subjects ADD COLUMN signature text COLLATE "C" CHECK (signature IN ('signed', 'unsigned', 'local'));
