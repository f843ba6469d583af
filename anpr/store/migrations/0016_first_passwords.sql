-- A password that somebody else knows (shown at the first start, or set on the command line) is good for one thing only:
-- choosing one's own.
ALTER TABLE users ADD COLUMN must_change boolean NOT NULL DEFAULT false;
