-- The last day on which a user may log in, in UTC and whole; NULL: no end.
ALTER TABLE users ADD COLUMN ends_on date;
