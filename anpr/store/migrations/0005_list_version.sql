-- In which state the lists are: one number, raised by every change of a list or its entries, whoever makes it. The row is
-- locked until the change is committed, so changes become visible one after the other, in the order of their numbers:
-- "all that is newer than what I know" misses nothing. Reading waits for nobody.
CREATE TABLE list_version (
    is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
    version    bigint  NOT NULL
);
INSERT INTO list_version (version) VALUES (0);

-- The version in which an entry, or the way its list compares plates, became what it is.
ALTER TABLE watchlists ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN version bigint NOT NULL DEFAULT 0;
CREATE INDEX entries_version ON entries (version, id);

-- Told when it is committed, and only then.
CREATE FUNCTION begin_list_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    begun bigint;
BEGIN
    UPDATE list_version SET version = version + 1 RETURNING version INTO begun;
    PERFORM pg_notify('anpr_watchlists', begun::text);
    RETURN NULL;
END
$$;

CREATE FUNCTION stamp_list_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := (SELECT version FROM list_version);
    RETURN NEW;
END
$$;

CREATE TRIGGER watchlists_change BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON watchlists
    FOR EACH STATEMENT EXECUTE FUNCTION begin_list_change();
CREATE TRIGGER entries_change BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION begin_list_change();

-- Another reason or priority makes no other match: the alarm is told them as they are when it is raised.
CREATE TRIGGER watchlists_new BEFORE INSERT ON watchlists
    FOR EACH ROW EXECUTE FUNCTION stamp_list_version();
CREATE TRIGGER watchlists_changed BEFORE UPDATE ON watchlists
    FOR EACH ROW WHEN (new.match <> old.match OR new.id <> old.id)
    EXECUTE FUNCTION stamp_list_version();
CREATE TRIGGER entries_new BEFORE INSERT ON entries
    FOR EACH ROW EXECUTE FUNCTION stamp_list_version();
CREATE TRIGGER entries_changed BEFORE UPDATE ON entries
    FOR EACH ROW WHEN ((new.watchlist_id, new.plate, new.look_alike, new.valid_from, new.valid_to)
        IS DISTINCT FROM (old.watchlist_id, old.plate, old.look_alike, old.valid_from, old.valid_to))
    EXECUTE FUNCTION stamp_list_version();
