-- Sightings that were suppressed, by suppression.
CREATE INDEX sightings_suppressed ON sightings (suppression_id, captured_at) WHERE suppression_id IS NOT NULL;

-- How many alarms retention has erased, by the day on which they were closed and by one thing at a time: no plate, no number of an
-- alarm, and nothing that says which gate had which kind. `item`: an id of `what`, for `take` the longest wait of the bucket in s.
CREATE TABLE alarm_counts (
    organisation_id text COLLATE "C" NOT NULL REFERENCES organisations,
    day             date    NOT NULL,
    what            text COLLATE "C" NOT NULL CHECK (what IN ('all', 'kind', 'gate', 'outcome', 'take')),
    item            text COLLATE "C" NOT NULL,
    count           integer NOT NULL CHECK (count > 0),
    PRIMARY KEY (organisation_id, day, what, item)
);
