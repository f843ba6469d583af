-- A reader's clock is a subject of its own: right or wrong beside whatever the reader does. The last differences to the
-- centre's time, in seconds, the newest last: one late heartbeat is no wrong clock.
ALTER TABLE health_subjects DROP CONSTRAINT health_subjects_kind_check;
ALTER TABLE health_subjects ADD CONSTRAINT health_subjects_kind_check CHECK (kind IN ('camera', 'reader', 'clock'));
ALTER TABLE health_subjects ADD COLUMN offsets double precision[] NOT NULL DEFAULT '{}';
